package mockserver_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
	"github.com/inference-iac/terraform-provider-inference/mockserver/storetest"
)

// balancer sends each request to the next server.
type balancer struct {
	servers []*mockserver.Server
	next    atomic.Uint64
}

func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	s := b.servers[b.next.Add(1)%uint64(len(b.servers))]
	return s.Transport().RoundTrip(r)
}

// sharing opens servers that share a hub.
func sharing(t *testing.T, h *storetest.Hub, n int, o mockserver.Options) *balancer {
	t.Helper()
	b := &balancer{}
	for range n {
		s, err := mockserver.Share(t.Context(), h.Open(), "key", o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		b.servers = append(b.servers, s)
	}
	return b
}

// flaky lets one in so many operations fail.
func flaky(seed uint64, every int, op storetest.Op, err error) func(storetest.Op) error {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, 7))
	return func(o storetest.Op) error {
		mu.Lock()
		defer mu.Unlock()
		if o == op && rng.IntN(every) == 0 {
			return err
		}
		return nil
	}
}

// dawdle lets others go first, more often or less.
func dawdle(seed uint64) func() {
	often := flaky(seed, 2, storetest.Latest, mockserver.ErrConflict)
	return func() {
		for often(storetest.Latest) != nil {
			for range 50 {
				runtime.Gosched()
			}
		}
	}
}

// TestRelists: a list of what is kept is old by the time that it is told, and the server has written since.
func TestRelists(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		h := &storetest.Hub{Tell: dawdle(seed)}
		pause := dawdle(seed + 1)
		h.After = func(storetest.Op) error {
			pause()
			return nil
		}
		relist := flaky(seed, 6, storetest.Latest, mockserver.ErrConflict)
		h.Before = func(op storetest.Op) error {
			if relist(op) != nil {
				h.Relist()
			}
			return nil
		}
		check(t, 0, history(t, sharing(t, h, 3, mockserver.Options{}), seed))
	}
}

func TestServersAreLinearizableTogether(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		progression mockserver.Progression
		reads       int
	}{
		"immediate": {mockserver.Immediate(), 0},
		"reads":     {mockserver.Reads(2), 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(3) {
				h := &storetest.Hub{Before: flaky(seed, 5, storetest.Commit, mockserver.ErrConflict)}
				check(t, c.reads, history(t, sharing(t, h, 3, mockserver.Options{Progression: c.progression}), seed))
			}
		})
	}
}

// TestLostAnswersOfTheStore: a client that is told 503 knows nothing, all others the truth.
func TestLostAnswersOfTheStore(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		hub := &storetest.Hub{
			Before: flaky(seed, 40, storetest.Latest, mockserver.ErrUnavailable),
			After:  flaky(seed, 12, storetest.Commit, fmt.Errorf("lost: %w", mockserver.ErrUnavailable)),
		}
		b := &balancer{}
		for len(b.servers) < 3 { // the store may fail at the start, too
			if s, err := mockserver.Share(t.Context(), hub.Open(), "key", mockserver.Options{}); err == nil {
				b.servers = append(b.servers, s)
			}
		}
		h := history(t, b, seed)
		if h.Lost() == 0 {
			t.Error("no answer was lost")
		}
		check(t, 0, h)
		for _, s := range b.servers {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// careless is a store with a planted bug.
type careless struct {
	mockserver.Store
	blind bool // commits whatever others did
	stale bool // never says that there is anything newer
}

func (c careless) Commit(ctx context.Context, t mockserver.Txn) (int64, error) {
	for c.blind {
		for scope := range t.At {
			now, err := c.Store.Latest(ctx, scope)
			if err != nil {
				return 0, err
			}
			t.At[scope] = now[0]
		}
		v, err := c.Store.Commit(ctx, t)
		if err == nil {
			return v, nil
		}
	}
	return c.Store.Commit(ctx, t)
}

func (c careless) Latest(ctx context.Context, scopes ...string) ([]int64, error) {
	if c.stale {
		return make([]int64, len(scopes)), nil
	}
	return c.Store.Latest(ctx, scopes...)
}

// TestCarelessStoresAreCaught shows that it is the versions which make servers agree.
func TestCarelessStoresAreCaught(t *testing.T) {
	t.Parallel()
	for name, bug := range map[string]careless{"no versions": {blind: true}, "stale reads": {stale: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(20) {
				h := &storetest.Hub{}
				b := &balancer{}
				for range 3 {
					bug.Store = h.Open()
					s, err := mockserver.Share(t.Context(), bug, "key", mockserver.Options{})
					if err != nil {
						t.Fatal(err)
					}
					b.servers = append(b.servers, s)
				}
				log := history(t, b, seed)
				for _, s := range b.servers {
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				}
				if log.Check(0) == porcupine.Illegal {
					return
				}
			}
			t.Error("no history of 20 shows the bug")
		})
	}
}
