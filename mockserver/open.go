package mockserver

import (
	"encoding/json"
	"fmt"
)

// Open is New with state in a bbolt file: a write that was acknowledged survives the process. Secrets are kept
// only with a key, which encrypts the file's values. One process at a time can have the file open.
func Open(path, key string, o Options) (*Server, error) {
	v, err := openVault(path, key)
	if err != nil {
		return nil, err
	}
	s := New(o)
	s.vault = v
	if err := s.restore(); err != nil {
		_ = v.close() // the first error counts
		return nil, err
	}
	return s, nil
}

// restore fills the workspaces with what was kept.
func (s *Server) restore() error {
	return s.vault.read(func(workspace, kind, name string, data []byte) error {
		w := s.workspace(workspace)
		switch kind {
		case keepEndpoints:
			r := &record{}
			if err := json.Unmarshal(data, r); err != nil {
				return fmt.Errorf("endpoint %s: %w", name, err)
			}
			w.put(r, s.opts.Progression, s.now())
		case keepCounters:
			return json.Unmarshal(data, &w.ids)
		case keepSecrets:
			keys := map[string]secretValue{}
			if err := json.Unmarshal(data, &keys); err != nil {
				return fmt.Errorf("secret scope %s: %w", name, err)
			}
			w.secrets.restore(name, keys)
		case keepModels:
			m := &registeredModel{}
			if err := json.Unmarshal(data, m); err != nil {
				return fmt.Errorf("model %s: %w", name, err)
			}
			w.models.models[name] = m
		}
		return nil
	})
}

// kept is a record as it may be written: without plaintext secrets unless they are encrypted.
func (v *vault) kept(r *record) *record {
	if v == nil || v.sealed() {
		return r
	}
	return r.withoutSecrets()
}

func (r *record) withoutSecrets() *record {
	out := *r
	out.Active, out.Pending = r.Active.withoutSecrets(), r.Pending.withoutSecrets()
	return &out
}

func (r *revision) withoutSecrets() *revision {
	if r == nil {
		return nil
	}
	out := *r
	out.Entities = append([]served{}, r.Entities...)
	for i, e := range out.Entities {
		out.Entities[i].Spec.ExternalModel = e.Spec.ExternalModel.Redacted()
	}
	return &out
}
