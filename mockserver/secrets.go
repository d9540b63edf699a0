package mockserver

import (
	"net/http"
	"sync"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// secretStore holds the secret scopes of a workspace.
type secretStore struct {
	mu     *sync.Mutex
	scopes map[string]map[string]secretValue
}

type secretValue struct {
	value   string
	updated time.Time
}

func newSecretStore() secretStore {
	return secretStore{mu: &sync.Mutex{}, scopes: map[string]map[string]secretValue{}}
}

func (s secretStore) put(scope, key, value string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.scopes[scope] == nil {
		s.scopes[scope] = map[string]secretValue{}
	}
	s.scopes[scope][key] = secretValue{value, now}
}

// resolve turns a reference {{secrets/scope/key}} into the secret's value; other strings are values already.
// It is called when an entity is invoked, never before.
func (s secretStore) resolve(value string) (string, error) {
	scope, key, ok := api.SecretReference(value)
	if !ok {
		return value, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	keys, ok := s.scopes[scope]
	if !ok {
		return "", refuse(http.StatusBadRequest, api.CodeInvalidParameter, "Secret does not exist with scope: %s and key: %s (there is no such scope).", scope, key)
	}
	v, ok := keys[key]
	if !ok {
		return "", refuse(http.StatusBadRequest, api.CodeInvalidParameter, "Secret does not exist with scope: %s and key: %s.", scope, key)
	}
	return v.value, nil
}
