package mockserver

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// The kinds of things that a vault keeps, each a bucket in the bucket of a workspace.
const (
	keepEndpoints = "endpoints"
	keepSecrets   = "secrets" // by scope
	keepModels    = "models"
	keepCounters  = "counters"
)

// vault keeps what clients were told in a bbolt file: a write is on disk before it is acknowledged. What
// follows from records and the clock is not written. A nil vault keeps nothing.
type vault struct {
	db   *bbolt.DB
	seal cipher.AEAD // nil: values are stored in the clear, and secrets not at all
}

// openVault opens or makes the file. With a key all values are encrypted with AES-256-GCM.
func openVault(path, key string) (*vault, error) {
	v := &vault{}
	if key != "" {
		sum := sha256.Sum256([]byte(key))
		block, err := aes.NewCipher(sum[:])
		if err != nil {
			return nil, fmt.Errorf("open data: %w", err)
		}
		if v.seal, err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, fmt.Errorf("open data: %w", err)
		}
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, fmt.Errorf("open data %s: %w", path, err)
	}
	v.db = db
	return v, nil
}

// sealed reports whether secrets may be kept.
func (v *vault) sealed() bool { return v != nil && v.seal != nil }

// entry is one value to keep, or to drop if it is nil.
type entry struct {
	kind, name string
	value      any
}

// write keeps and drops entries of a workspace, all or none.
func (v *vault) write(workspace string, entries ...entry) error {
	if v == nil {
		return nil
	}
	err := v.db.Update(func(tx *bbolt.Tx) error {
		w, err := tx.CreateBucketIfNotExists([]byte(workspace))
		if err != nil {
			return err
		}
		for _, e := range entries {
			b, err := w.CreateBucketIfNotExists([]byte(e.kind))
			if err != nil {
				return err
			}
			if e.value == nil {
				err = b.Delete([]byte(e.name))
			} else {
				err = v.put(b, e)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep data: %w", err)
	}
	return nil
}

func (v *vault) put(b *bbolt.Bucket, e entry) error {
	data, err := json.Marshal(e.value)
	if err != nil {
		return err
	}
	if v.seal != nil {
		data = v.seal.Seal(nil, nil, data, []byte(e.kind+"/"+e.name))
	}
	return b.Put([]byte(e.name), data)
}

// read calls f for everything that was kept. The bytes are JSON and valid during the call.
func (v *vault) read(f func(workspace, kind, name string, data []byte) error) error {
	if v == nil {
		return nil
	}
	err := v.db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(workspace []byte, w *bbolt.Bucket) error {
			return w.ForEachBucket(func(kind []byte) error {
				return w.Bucket(kind).ForEach(func(name, data []byte) error {
					if v.seal != nil {
						var err error
						if data, err = v.seal.Open(nil, nil, data, []byte(string(kind)+"/"+string(name))); err != nil {
							return fmt.Errorf("%s %s: wrong key: %w", kind, name, err)
						}
					}
					return f(string(workspace), string(kind), string(name), data)
				})
			})
		})
	})
	if err != nil {
		return fmt.Errorf("read data: %w", err)
	}
	return nil
}

// forget drops all of a workspace.
func (v *vault) forget(workspace string) error {
	if v == nil {
		return nil
	}
	err := v.db.Update(func(tx *bbolt.Tx) error {
		if err := tx.DeleteBucket([]byte(workspace)); !errors.Is(err, berrors.ErrBucketNotFound) {
			return err
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep data: %w", err)
	}
	return nil
}

func (v *vault) close() error {
	if v == nil {
		return nil
	}
	return v.db.Close()
}
