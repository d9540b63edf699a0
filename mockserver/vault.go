package mockserver

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// The kinds of things that are kept.
const (
	keepEndpoints = "endpoints"
	keepSecrets   = "secrets" // by secret scope
	keepModels    = "models"
	keepCounters  = "counters"
	keepImages    = "images" // built for deployments that are gone
	keepClock     = "clock"
	keepFailures  = "failures"
	keepFormat    = "format"
)

// entry is one value to keep, or to drop if it is nil. Without a kind it drops everything in its scope.
type entry struct {
	scope, kind, name string
	value             any
}

// vault turns values into what a store keeps. Without a store it keeps nothing.
type vault struct {
	store  Store
	seal   cipher.AEAD // nil: values are kept in the clear, and secrets not at all
	shared bool        // by several servers: what they cannot all know is refused
}

// newVault encrypts all values with AES-256-GCM if there is a key.
func newVault(store Store, key string, shared bool) (*vault, error) {
	v := &vault{store: store, shared: shared}
	if key == "" {
		return v, nil
	}
	sum := sha256.Sum256([]byte(key))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		return nil, err
	}
	v.seal, err = cipher.NewGCMWithRandomNonce(block)
	return v, err
}

// commit keeps and drops entries if the scopes are at the versions given.
func (v *vault) commit(ctx context.Context, at map[string]int64, entries []entry) (int64, error) {
	t := Txn{At: at, Changes: make([]Change, 0, len(entries))}
	for _, e := range entries {
		c := Change{Scope: e.scope, Kind: e.kind, Name: e.name}
		if e.value != nil {
			data, err := v.encode(e)
			if err != nil {
				return 0, err
			}
			c.Value = data
		}
		t.Changes = append(t.Changes, c)
	}
	return v.store.Commit(ctx, t)
}

// encode is a value as it is kept, nil if it is not. Without a key secrets are not: a server alone remembers them as
// long as it lives, one that shares its store refuses them.
func (v *vault) encode(e entry) (data []byte, err error) {
	value := e.value
	if v.seal == nil {
		if v.shared && holdsSecrets(e) {
			return nil, refuse(http.StatusBadRequest, api.CodeBadRequest,
				"Servers that share a store keep secrets only encrypted: start all of them with the same key of the data.")
		}
		switch r := value.(type) {
		case secretScopeKeys:
			if !v.shared {
				return nil, nil
			}
		case *record:
			value = r.withoutSecrets()
		}
	}
	if data, err = json.Marshal(value); err != nil {
		return nil, fmt.Errorf("keep data: %w", err)
	}
	if v.seal != nil && e.kind != keepFormat {
		data = v.seal.Seal(nil, nil, data, sealed(e.scope, e.kind, e.name))
	}
	return data, nil
}

func holdsSecrets(e entry) bool {
	switch value := e.value.(type) {
	case secretScopeKeys:
		return len(value) > 0
	case *record:
		return value.holdsSecrets()
	}
	return false
}

// sealed is what a sealed value is bound to: whoever may write to the store, but lacks the key, cannot hand the
// secrets of one workspace to another.
func sealed(scope, kind, name string) []byte { return fmt.Appendf(nil, "%q %q %q", scope, kind, name) }

// decode is a value as it was before it was kept.
func (v *vault) decode(c Change) (entry, error) {
	e := entry{scope: c.Scope, kind: c.Kind, name: c.Name}
	if c.Value == nil {
		return e, nil
	}
	data := c.Value
	if v.seal != nil && c.Kind != keepFormat {
		var err error
		if data, err = v.seal.Open(nil, nil, data, sealed(c.Scope, c.Kind, c.Name)); err != nil {
			return e, fmt.Errorf("read data: %s %s: wrong key: %w", c.Kind, c.Name, err)
		}
	}
	var err error
	switch c.Kind {
	case keepEndpoints:
		e.value, err = decoded[*record](data)
	case keepSecrets:
		e.value, err = decoded[secretScopeKeys](data)
	case keepModels:
		e.value, err = decoded[*registeredModel](data)
	case keepCounters:
		e.value, err = decoded[int](data)
	case keepImages:
		e.value, err = decoded[bool](data)
	case keepClock:
		e.value, err = decoded[lead](data)
	case keepFailures:
		e.value, err = decoded[[]armedFailure](data)
	case keepFormat:
		e.value, err = decoded[format](data)
	default:
		err = fmt.Errorf("the kind is unknown")
	}
	if err != nil {
		return e, fmt.Errorf("read data: %s %s: %w", c.Kind, c.Name, err)
	}
	return e, nil
}

func decoded[T any](data []byte) (any, error) {
	var v T
	err := json.Unmarshal(data, &v)
	return v, err
}

func (v *vault) close() error {
	if v.store == nil {
		return nil
	}
	return v.store.Close()
}
