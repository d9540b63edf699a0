package mockserver

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// boltStore is a Store in a bbolt file, of one server: a bucket for each scope, in it one for each kind. A commit
// is on disk before it returns.
type boltStore struct {
	db *bbolt.DB

	mu       sync.Mutex
	version  int64
	versions map[string]int64 // versions begin anew with each process: nobody else has the file open
}

func openBolt(path string) (*boltStore, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, fmt.Errorf("open data %s: %w", path, err)
	}
	return &boltStore{db: db, versions: map[string]int64{}}, nil
}

func (b *boltStore) Commit(_ context.Context, t Txn) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for scope, version := range t.At {
		if b.versions[scope] != version {
			return 0, ErrConflict
		}
	}
	if err := b.db.Update(func(tx *bbolt.Tx) error { return writeBuckets(tx, t.Changes) }); err != nil {
		return 0, err
	}
	b.version++
	for _, c := range t.Changes {
		b.versions[c.Scope] = b.version
	}
	return b.version, nil
}

func writeBuckets(tx *bbolt.Tx, changes []Change) error {
	for _, c := range changes {
		if c.Kind == "" {
			if err := tx.DeleteBucket([]byte(c.Scope)); err != nil && !errors.Is(err, berrors.ErrBucketNotFound) {
				return err
			}
			continue
		}
		scope, err := tx.CreateBucketIfNotExists([]byte(c.Scope))
		if err != nil {
			return err
		}
		kind, err := scope.CreateBucketIfNotExists([]byte(c.Kind))
		if err != nil {
			return err
		}
		if c.Value == nil {
			err = kind.Delete([]byte(c.Name))
		} else {
			err = kind.Put([]byte(c.Name), c.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *boltStore) Latest(_ context.Context, scopes ...string) ([]int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]int64, len(scopes))
	for i, s := range scopes {
		out[i] = b.versions[s]
	}
	return out, nil
}

func (b *boltStore) Follow(_ context.Context, f func(Update)) error {
	all := Update{Reset: true, Versions: map[string]int64{}}
	err := b.db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(scope []byte, s *bbolt.Bucket) error {
			all.Versions[string(scope)] = 0
			return s.ForEachBucket(func(kind []byte) error {
				return s.Bucket(kind).ForEach(func(name, value []byte) error {
					all.Changes = append(all.Changes, Change{string(scope), string(kind), string(name), append([]byte{}, value...)})
					return nil
				})
			})
		})
	})
	if err != nil {
		return err
	}
	f(all)
	return nil
}

func (b *boltStore) Close() error { return b.db.Close() }
