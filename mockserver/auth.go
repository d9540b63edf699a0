package mockserver

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// identity is who calls, and where.
type identity struct {
	user      string
	workspace string
}

// sharedWorkspace is the workspace of servers with a list of tokens.
const sharedWorkspace = "default"

// defaultUser is who calls where tokens name nobody.
const defaultUser = "tester@example.com"

// authenticator knows tokens by their digests alone.
type authenticator struct {
	open  bool
	users map[[sha256.Size]byte]string
}

func newAuthenticator(tokens map[string]string) authenticator {
	a := authenticator{open: tokens == nil, users: map[[sha256.Size]byte]string{}}
	for token, user := range tokens {
		a.users[sha256.Sum256([]byte(token))] = user
	}
	return a
}

// identify compares in constant time with every known token.
func (a authenticator) identify(token string) (identity, bool) {
	if token == "" {
		return identity{}, false
	}
	sum := sha256.Sum256([]byte(token))
	if a.open {
		return identity{user: defaultUser, workspace: "ws-" + hex.EncodeToString(sum[:6])}, true
	}
	var id identity
	found := false
	for known, user := range a.users {
		if subtle.ConstantTimeCompare(known[:], sum[:]) == 1 {
			id, found = identity{user: user, workspace: sharedWorkspace}, true
		}
	}
	return id, found
}

// request finds the caller of an HTTP request.
func (a authenticator) request(r *http.Request) (identity, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return identity{}, refuse(http.StatusUnauthorized, api.CodeUnauthenticated, "Credential was not sent or was of an unsupported type for this API: a bearer token is required.")
	}
	id, ok := a.identify(strings.TrimSpace(token))
	if !ok {
		return identity{}, refuse(http.StatusUnauthorized, api.CodeUnauthenticated, "Invalid access token.")
	}
	return id, nil
}
