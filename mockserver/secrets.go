package mockserver

import (
	"context"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// maxSecret is the API's limit of a secret's value, in bytes.
const maxSecret = 128 << 10

// secretStore holds the secret scopes of a workspace. Values go in and are resolved; none ever comes out
// over the API, which has no route for that here.
type secretStore struct {
	mu     sync.Mutex
	scopes map[string]secretScopeKeys
}

// secretScopeKeys are the secrets of a scope. Maps that the store holds are never changed: writers copy them.
type secretScopeKeys map[string]secretValue

type secretValue struct {
	Value   string    `json:"value"`
	Updated time.Time `json:"updated"`
}

// set takes a scope as it was kept; nil drops it.
func (s *secretStore) set(scope string, keys secretScopeKeys) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if keys == nil {
		delete(s.scopes, scope)
		return
	}
	if s.scopes == nil {
		s.scopes = map[string]secretScopeKeys{}
	}
	s.scopes[scope] = keys
}

func (s *secretStore) get(scope string) secretScopeKeys {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scopes[scope]
}

func (s *secretStore) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes = nil
}

// resolve turns a reference {{secrets/scope/key}} into the secret's value; other strings are values already.
// It is called when an entity is invoked, never before.
func (s *secretStore) resolve(value string) (string, error) {
	scope, key, ok := api.SecretReference(value)
	if !ok {
		return value, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.scopes[scope]; !ok {
		return "", invalid("", "Secret does not exist with scope: %s and key: %s (there is no such scope).", scope, key)
	}
	v, ok := s.scopes[scope][key]
	if !ok {
		return "", invalid("", "Secret does not exist with scope: %s and key: %s.", scope, key)
	}
	return v.Value, nil
}

// The bodies and answers of the secrets routes, as far as clients use them.
type (
	secretScope struct {
		Scope                  string `json:"scope"`
		InitialManagePrincipal string `json:"initial_manage_principal,omitempty"`
		BackendType            string `json:"scope_backend_type,omitempty"`
	}
	secretPut struct {
		Scope       string  `json:"scope"`
		Key         string  `json:"key"`
		StringValue *string `json:"string_value,omitempty"`
		BytesValue  *string `json:"bytes_value,omitempty"`
	}
	secretKey struct {
		Scope string `json:"scope"`
		Key   string `json:"key"`
	}
	scopeInfo struct {
		Name        string `json:"name"`
		BackendType string `json:"backend_type"`
	}
	scopeList struct {
		Scopes []scopeInfo `json:"scopes,omitempty"`
	}
	secretInfo struct {
		Key         string `json:"key"`
		LastUpdated int64  `json:"last_updated_timestamp"`
	}
	secretList struct {
		Secrets []secretInfo `json:"secrets,omitempty"`
	}
)

func noScope(scope string) error {
	return refuse(http.StatusNotFound, api.CodeNotFound, "Scope %s does not exist!", scope)
}

func noSecret(scope, key string) error {
	return refuse(http.StatusNotFound, api.CodeNotFound, "No secret found with scope: %s and key: %s", scope, key)
}

func (s *Server) createScope(x *exchange, req secretScope) (nothing, error) {
	if req.Scope == "" {
		return nothing{}, invalid("scope", "is required")
	}
	return nothing{}, x.tenant.changeSecrets(x.ctx, req.Scope, func(old secretScopeKeys) (secretScopeKeys, error) {
		if old != nil {
			return nil, refuse(http.StatusBadRequest, api.CodeAlreadyExists, "Scope %s already exists!", req.Scope)
		}
		return secretScopeKeys{}, nil
	})
}

func (s *Server) deleteScope(x *exchange, req secretScope) (nothing, error) {
	return nothing{}, x.tenant.changeSecrets(x.ctx, req.Scope, func(old secretScopeKeys) (secretScopeKeys, error) {
		if old == nil {
			return nil, noScope(req.Scope)
		}
		return nil, nil
	})
}

func (s *Server) listScopes(x *exchange) (scopeList, error) {
	store := &x.tenant.secrets
	store.mu.Lock()
	defer store.mu.Unlock()
	var out scopeList
	for _, name := range slices.Sorted(maps.Keys(store.scopes)) {
		out.Scopes = append(out.Scopes, scopeInfo{name, "DATABRICKS"})
	}
	return out, nil
}

func (s *Server) putSecret(x *exchange, req secretPut) (nothing, error) {
	switch {
	case req.Key == "":
		return nothing{}, invalid("key", "is required")
	case (req.StringValue == nil) == (req.BytesValue == nil):
		return nothing{}, invalid("string_value", "or bytes_value is required")
	}
	value := deref(req.StringValue)
	if req.BytesValue != nil {
		b, err := base64.StdEncoding.DecodeString(*req.BytesValue)
		if err != nil {
			return nothing{}, invalid("bytes_value", "must be base64")
		}
		value = string(b)
	}
	if len(value) > maxSecret {
		return nothing{}, invalid("string_value", "must have at most %d bytes", maxSecret)
	}
	return nothing{}, x.tenant.changeScope(x.ctx, req.Scope, func(keys secretScopeKeys) error {
		keys[req.Key] = secretValue{value, x.now}
		return nil
	})
}

func (s *Server) deleteSecret(x *exchange, req secretKey) (nothing, error) {
	return nothing{}, x.tenant.changeScope(x.ctx, req.Scope, func(keys secretScopeKeys) error {
		if _, ok := keys[req.Key]; !ok {
			return noSecret(req.Scope, req.Key)
		}
		delete(keys, req.Key)
		return nil
	})
}

func (s *Server) listSecrets(x *exchange) (secretList, error) {
	var out secretList
	scope := x.query.Get("scope")
	keys := x.tenant.secrets.get(scope)
	if keys == nil {
		return out, noScope(scope)
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		out.Secrets = append(out.Secrets, secretInfo{k, keys[k].Updated.UnixMilli()})
	}
	return out, nil
}

// changeSecrets changes a secret scope; nil stands for one that is not there.
func (w *workspace) changeSecrets(ctx context.Context, scope string, f change[secretScopeKeys]) error {
	return w.commit(ctx, func() ([]entry, error) {
		next, err := f(w.secrets.get(scope))
		if err != nil {
			return nil, err
		}
		e := entry{scope: w.name, kind: keepSecrets, name: scope}
		if next != nil {
			e.value = next
		}
		return []entry{e}, nil
	})
}

// changeScope changes a copy of the keys of a secret scope that exists.
func (w *workspace) changeScope(ctx context.Context, scope string, f func(secretScopeKeys) error) error {
	return w.changeSecrets(ctx, scope, func(old secretScopeKeys) (secretScopeKeys, error) {
		if old == nil {
			return nil, noScope(scope)
		}
		keys := maps.Clone(old)
		return keys, f(keys)
	})
}

// PutSecret stores a secret in the token's workspace and makes its scope if there is none.
func (s *Server) PutSecret(token, scope, key, value string) {
	w, err := s.tenant(token)
	if err != nil {
		return
	}
	s.logged("put a secret", w.changeSecrets(context.Background(), scope, func(old secretScopeKeys) (secretScopeKeys, error) {
		keys := secretScopeKeys{}
		maps.Copy(keys, old)
		keys[key] = secretValue{value, s.now()}
		return keys, nil
	}))
}

func secretRoutes() []route {
	const base = "/api/2.0/secrets"
	return []route{
		{name: "secrets_create_scope", method: "POST", path: base + "/scopes/create", run: taking((*Server).createScope)},
		{name: "secrets_delete_scope", method: "POST", path: base + "/scopes/delete", run: taking((*Server).deleteScope)},
		{name: "secrets_list_scopes", method: "GET", path: base + "/scopes/list", run: asking((*Server).listScopes)},
		{name: "secrets_put", method: "POST", path: base + "/put", run: taking((*Server).putSecret)},
		{name: "secrets_delete", method: "POST", path: base + "/delete", run: taking((*Server).deleteSecret)},
		{name: "secrets_list", method: "GET", path: base + "/list", run: asking((*Server).listSecrets), query: []string{"scope"}},
	}
}
