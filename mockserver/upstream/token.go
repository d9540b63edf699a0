package upstream

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/oauth2/jwt"
)

// tokenCache keeps an access token while it is valid, with a hash of what it was bought with. The key itself is
// not in it.
type tokenCache struct {
	mu    sync.Mutex
	price [sha256.Size]byte
	token *oauth2.Token
}

// tokenMargin is how long before its end a token is no longer used.
const tokenMargin = time.Minute

// entraToken buys an access token from Entra ID with a client's secret.
func entraToken(x *External, req *http.Request, _ []byte, k *keyring) error {
	secret, err := k.get("microsoft_entra_client_secret")
	if err != nil {
		return err
	}
	c := clientcredentials.Config{
		ClientID:     x.model.OpenAI.EntraClientID,
		ClientSecret: secret,
		TokenURL:     "https://login.microsoftonline.com/" + url.PathEscape(x.model.OpenAI.EntraTenantID) + "/oauth2/v2.0/token",
		Scopes:       []string{"https://cognitiveservices.azure.com/.default"},
		AuthStyle:    oauth2.AuthStyleInParams,
	}
	if x.tokenURL != "" {
		c.TokenURL = x.tokenURL
	}
	return x.bearToken(req, k, []string{c.TokenURL, c.ClientID, secret}, c.Token)
}

// googleToken buys an access token with a service account's key, the JSON document that Google hands out. Where
// the token comes from is not taken from the document.
func googleToken(x *External, req *http.Request, _ []byte, k *keyring) error {
	document, err := k.get("private_key")
	if err != nil {
		return err
	}
	var account struct {
		Email      string `json:"client_email"`
		PrivateKey string `json:"private_key"`
		KeyID      string `json:"private_key_id"`
	}
	if json.Unmarshal([]byte(document), &account) != nil || account.Email == "" || account.PrivateKey == "" {
		return &Error{Kind: ErrKey, Message: "private_key must be the JSON key of a service account, with client_email and private_key"}
	}
	k.used = append(k.used, account.PrivateKey)
	c := jwt.Config{
		Email: account.Email, PrivateKey: []byte(account.PrivateKey), PrivateKeyID: account.KeyID,
		Scopes:   []string{"https://www.googleapis.com/auth/cloud-platform"},
		TokenURL: "https://oauth2.googleapis.com/token",
	}
	if x.tokenURL != "" {
		c.TokenURL = x.tokenURL
	}
	return x.bearToken(req, k, []string{c.TokenURL, document}, func(ctx context.Context) (*oauth2.Token, error) {
		return c.TokenSource(ctx).Token()
	})
}

// bearToken adds an access token, a cached one if it will do.
func (x *External) bearToken(req *http.Request, k *keyring, price []string, buy func(context.Context) (*oauth2.Token, error)) error {
	id := sha256.Sum256([]byte(strings.Join(price, "\x00")))
	token := x.tokens.get(id, x.caller.now())
	if token == nil {
		client, noted := *x.caller.client, &notingTransport{next: x.caller.client.Transport}
		client.Transport = noted
		var err error
		if token, err = buy(context.WithValue(req.Context(), oauth2.HTTPClient, &client)); noted.err != nil {
			return asError(noted.err)
		} else if err != nil {
			return tokenError(err)
		}
		x.tokens.put(id, token)
	}
	k.used = append(k.used, token.AccessToken)
	req.Header.Set("Authorization", "Bearer "+token.AccessToken)
	return nil
}

// notingTransport remembers an error of the network, which the OAuth library hands on as text.
type notingTransport struct {
	next http.RoundTripper
	err  error
}

func (n *notingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := n.next.RoundTrip(req)
	n.err = err
	return resp, err
}

// tokenError tells a key that cannot be used from a token service that fails.
func tokenError(err error) error {
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode >= http.StatusInternalServerError:
		return &Error{Kind: ErrUnavailable, Status: refused.Response.StatusCode, Message: "no access token"}
	case errors.As(err, &refused):
		return &Error{Kind: ErrKey, Message: "no access token: " + refused.ErrorCode}
	}
	return &Error{Kind: ErrKey, Message: "no access token: the key cannot be used", Err: err}
}

func (c *tokenCache) get(price [sha256.Size]byte, now time.Time) *oauth2.Token {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == nil || c.price != price || !c.token.Expiry.IsZero() && !now.Add(tokenMargin).Before(c.token.Expiry) {
		return nil
	}
	return c.token
}

func (c *tokenCache) put(price [sha256.Size]byte, t *oauth2.Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.price, c.token = price, t
}
