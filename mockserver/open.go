package mockserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Open is New with state in a bbolt file: a write that was acknowledged survives the process. Secrets are kept
// only with a key, which encrypts the file's values. One process at a time can have the file open.
func Open(path, key string, o Options) (*Server, error) {
	store, err := openBolt(path)
	if err != nil {
		return nil, err
	}
	return open(context.Background(), store, key, o, false)
}

// Share is New with state in a store that other servers share; the server closes it. Whatever the servers are told,
// each of them answers as one server alone would. They need the same key, models and other options, and clocks that
// agree. What is not state stays with the server that saw it: invocations counted by rate limits, throughput and
// metrics, usage and inference tables, recorded requests and faults. Invocations are answered from what the store
// told last, and without the store too; all the rest asks it.
func Share(ctx context.Context, store Store, key string, o Options) (*Server, error) {
	return open(ctx, store, key, o, true)
}

func open(ctx context.Context, store Store, key string, o Options, shared bool) (*Server, error) {
	v, err := newVault(store, key, shared)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	s := New(o)
	s.ledger.vault = v
	if err = store.Follow(ctx, s.follow); err == nil {
		err = s.ledger.intact()
	}
	if err == nil {
		err = s.begin(ctx)
	}
	if err != nil {
		s.tender.close()
		return nil, errors.Join(fmt.Errorf("open data: %w", err), store.Close())
	}
	s.resume()
	return s, nil
}

// follow takes what the store tells. Nothing is answered from a state that cannot be read.
func (s *Server) follow(u Update) {
	if err := s.ledger.apply(u, s.part, s.parts); err != nil {
		s.ledger.broken.Store(&err)
		s.logged("follow the store", err)
	}
	s.look()
}

// begin writes down how data is kept, unless it was written before.
func (s *Server) begin(ctx context.Context) error {
	return s.ledger.commit(ctx, func() ([]entry, error) {
		if s.world.format.Version != 0 {
			return nil, nil
		}
		return []entry{{worldScope, keepFormat, "format", s.ledger.vault.format(s.opts.Clock().UnixMilli())}}, nil
	}, &s.world)
}

// format describes how the vault keeps data.
func (v *vault) format(created int64) format {
	f := format{Version: formatVersion, Created: created}
	if v.seal != nil {
		f.Check = v.seal.Seal(nil, nil, nil, sealed(worldScope, keepFormat, keepFormat))
	}
	return f
}

// check refuses data that is kept in another way.
func (v *vault) check(data []byte) error {
	var f format
	if err := json.Unmarshal(data, &f); err != nil {
		return fmt.Errorf("format: %w", err)
	}
	switch {
	case f.Version != formatVersion:
		return fmt.Errorf("the format is %d, this version knows %d", f.Version, formatVersion)
	case v.seal == nil && f.Check != nil:
		return errors.New("wrong key: the data is encrypted, and there is no key")
	case v.seal != nil && f.Check == nil:
		return errors.New("wrong key: the data is not encrypted, and there is a key")
	case v.seal == nil:
		return nil
	}
	if _, err := v.seal.Open(nil, nil, f.Check, sealed(worldScope, keepFormat, keepFormat)); err != nil {
		return fmt.Errorf("wrong key: %w", err)
	}
	return nil
}
