package storetest

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// Hub is the state that its stores share.
type Hub struct {
	// Before and After are asked around each Commit and Latest, and may be nil. An error of Before comes instead of
	// the operation, one of After instead of its answer. Set them before the first store is open.
	Before, After func(op Op) error
	// Tell is called before a store tells anything, which it makes later; it may be nil.
	Tell func()

	mu       sync.Mutex
	revision int64
	versions map[string]int64
	values   map[key][]byte
	stores   []*store
}

// Op names an operation.
type Op string

// The operations that can be made to fail.
const (
	Commit Op = "commit"
	Latest Op = "latest"
)

type key struct{ scope, kind, name string }

// Open returns a store for one more server.
func (h *Hub) Open() mockserver.Store {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &store{hub: h, wake: make(chan struct{}, 1), done: make(chan struct{})}
	h.stores = append(h.stores, s)
	return s
}

// Relist makes every store forget what it was about to tell and begin anew, as if it had lost its watch.
func (h *Hub) Relist() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.stores {
		if s.follow == nil {
			continue
		}
		s.queue = []mockserver.Update{h.everything()}
		s.ring()
	}
}

// Values are all values that are kept.
func (h *Hub) Values() [][]byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Values(h.values))
}

// everything is the state as one update; mu is held.
func (h *Hub) everything() mockserver.Update {
	u := mockserver.Update{Reset: true, Versions: maps.Clone(h.versions)}
	for k, v := range h.values {
		u.Changes = append(u.Changes, mockserver.Change{Scope: k.scope, Kind: k.kind, Name: k.name, Value: v})
	}
	return u
}

// apply makes a transaction's changes and returns them as others see them; mu is held.
func (h *Hub) apply(t mockserver.Txn) mockserver.Update {
	if h.values == nil {
		h.values, h.versions = map[key][]byte{}, map[string]int64{}
	}
	h.revision++
	u := mockserver.Update{Versions: map[string]int64{}}
	for _, c := range t.Changes {
		u.Versions[c.Scope], h.versions[c.Scope] = h.revision, h.revision
		if c.Kind == "" {
			for k := range h.values {
				if k.scope == c.Scope {
					delete(h.values, k)
					u.Changes = append(u.Changes, mockserver.Change{Scope: k.scope, Kind: k.kind, Name: k.name})
				}
			}
			continue
		}
		k := key{c.Scope, c.Kind, c.Name}
		if c.Value == nil {
			delete(h.values, k)
		} else {
			h.values[k] = c.Value
		}
		u.Changes = append(u.Changes, c)
	}
	return u
}

// store is a Hub as one server sees it. What others change arrives later, in order.
type store struct {
	hub    *Hub
	follow func(mockserver.Update)
	queue  []mockserver.Update // guarded by the hub's mu
	wake   chan struct{}
	done   chan struct{}
	teller sync.WaitGroup
}

func (s *store) Commit(_ context.Context, t mockserver.Txn) (int64, error) {
	if err := s.hub.ask(s.hub.Before, Commit); err != nil {
		return 0, err
	}
	version, err := s.commit(t)
	if err != nil {
		return 0, err
	}
	return version, s.hub.ask(s.hub.After, Commit)
}

func (s *store) commit(t mockserver.Txn) (int64, error) {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	for scope, version := range t.At {
		if h.versions[scope] != version {
			return 0, mockserver.ErrConflict
		}
	}
	u := h.apply(t)
	for _, other := range h.stores {
		if other.follow != nil {
			other.queue = append(other.queue, u)
			other.ring()
		}
	}
	return h.revision, nil
}

func (s *store) Latest(_ context.Context, scopes ...string) ([]int64, error) {
	if err := s.hub.ask(s.hub.Before, Latest); err != nil {
		return nil, err
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	out := make([]int64, len(scopes))
	for i, scope := range scopes {
		out[i] = s.hub.versions[scope]
	}
	return out, nil
}

func (h *Hub) ask(f func(Op) error, op Op) error {
	if f == nil {
		return nil
	}
	return f(op)
}

func (s *store) Follow(_ context.Context, f func(mockserver.Update)) error {
	if err := s.hub.ask(s.hub.Before, Latest); err != nil {
		return err
	}
	s.hub.mu.Lock()
	all := s.hub.everything()
	s.follow = f
	s.hub.mu.Unlock()
	f(all)
	s.teller.Go(s.tell)
	return nil
}

func (s *store) ring() {
	select {
	case s.wake <- struct{}{}:
	default: // it is awake
	}
}

// tell hands out updates until Close.
func (s *store) tell() {
	for {
		select {
		case <-s.done:
			return
		case <-s.wake:
		}
		for {
			s.hub.mu.Lock()
			queue := s.queue
			s.queue = nil
			s.hub.mu.Unlock()
			if len(queue) == 0 {
				break
			}
			for _, u := range queue {
				if s.hub.Tell != nil {
					s.hub.Tell()
				}
				s.follow(u)
			}
		}
	}
}

func (s *store) Close() error {
	s.hub.mu.Lock()
	s.hub.stores = slices.DeleteFunc(s.hub.stores, func(o *store) bool { return o == s })
	s.hub.mu.Unlock()
	close(s.done)
	s.teller.Wait()
	return nil
}
