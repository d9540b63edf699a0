package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// authorizer puts the authorization on a request.
type authorizer func(*http.Request) error

// newAuthorizer takes a bearer token, or the client credentials of a service principal, whose tokens are
// fetched at the first request, kept, and renewed before they end.
func newAuthorizer(c Config) (authorizer, error) {
	switch {
	case c.Token != "" && (c.ClientID != "" || c.ClientSecret != ""):
		return nil, errors.New("token excludes client_id and client_secret: give one of the two")
	case c.Token != "":
		return func(r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+c.Token)
			return nil
		}, nil
	case c.ClientID == "" || c.ClientSecret == "":
		return nil, errors.New("no credentials: give a token, or client_id and client_secret")
	}
	credentials := clientcredentials.Config{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret,
		TokenURL: c.Host + "/oidc/v1/token", Scopes: []string{"all-apis"}, AuthStyle: oauth2.AuthStyleInHeader,
	}
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Transport: c.Transport, Timeout: c.RequestTimeout})
	source := credentials.TokenSource(ctx)
	return func(r *http.Request) error {
		t, err := source.Token()
		if err != nil {
			var refused *oauth2.RetrieveError
			if errors.As(err, &refused) {
				return &Error{
					Status: refused.Response.StatusCode, Code: refused.ErrorCode, Message: refused.ErrorDescription,
					Method: http.MethodPost, Path: "/oidc/v1/token",
				}
			}
			return fmt.Errorf("fetching an OAuth token: %w", err)
		}
		t.SetAuthHeader(r)
		return nil
	}, nil
}
