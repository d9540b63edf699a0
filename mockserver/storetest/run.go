package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// patience is how long a store may take to tell of a change.
const patience = 10 * time.Second

// Run checks what a Store promises. Open returns one more store of the same, empty, state.
func Run(t *testing.T, open func(t *testing.T) mockserver.Store) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	a, b := open(t), open(t)
	seenA, seenB := watch(ctx, t, a), watch(ctx, t, b)

	put := func(at int64, name, value string) mockserver.Txn {
		return mockserver.Txn{At: map[string]int64{"w": at}, Changes: []mockserver.Change{{Scope: "w", Kind: "k", Name: name, Value: []byte(value)}}}
	}
	v1 := commit(ctx, t, a, put(0, "x/y z", "1"))
	seenA.reach(t, "w", v1, "x/y z", "1")
	seenB.reach(t, "w", v1, "x/y z", "1")
	if _, err := b.Commit(ctx, put(0, "x/y z", "2")); !errors.Is(err, mockserver.ErrConflict) {
		t.Errorf("a commit on an old version: %v", err)
	}
	v2 := commit(ctx, t, b, put(v1, "n", "2"))
	if v2 <= v1 {
		t.Errorf("version %d after %d", v2, v1)
	}
	if got, err := a.Latest(ctx, "w", "other"); err != nil || got[0] != v2 || got[1] != 0 {
		t.Errorf("latest %v, %v, want %d and 0", got, err, v2)
	}

	// A scope that is only looked at keeps its version, and is looked at all the same.
	two := mockserver.Txn{
		At:      map[string]int64{"w": v2, "other": 0},
		Changes: []mockserver.Change{{Scope: "other", Kind: "k", Name: "n", Value: []byte("3")}},
	}
	v3 := commit(ctx, t, a, two)
	if got, err := b.Latest(ctx, "w", "other"); err != nil || got[0] != v2 || got[1] != v3 {
		t.Errorf("latest %v, %v, want %d and %d", got, err, v2, v3)
	}
	stale := mockserver.Txn{At: map[string]int64{"other": v3, "w": v1}, Changes: two.Changes}
	if _, err := a.Commit(ctx, stale); !errors.Is(err, mockserver.ErrConflict) {
		t.Errorf("a commit that looked at an old version: %v", err)
	}

	// Many changes at once, among them the end of what was there.
	all := mockserver.Txn{At: map[string]int64{"w": v2}, Changes: []mockserver.Change{{Scope: "w"}}}
	for i := range 300 {
		all.Changes = append(all.Changes, mockserver.Change{Scope: "w", Kind: "k", Name: fmt.Sprint("m", i), Value: []byte("4")})
	}
	v4 := commit(ctx, t, b, all)
	seenA.reach(t, "w", v4, "m299", "4")
	if seenA.has("w", "n") {
		t.Error("what was dropped with its scope is there")
	}
	if !seenA.has("other", "n") {
		t.Error("another scope was dropped")
	}

	// A late comer is told everything at once.
	c := open(t)
	watch(ctx, t, c).reach(t, "w", v4, "m0", "4")
	race(ctx, t, []mockserver.Store{a, b, c}, seenA)
}

// race lets stores write at the same time: whatever is acknowledged is there.
func race(ctx context.Context, t *testing.T, stores []mockserver.Store, seen *view) {
	t.Helper()
	const each = 20
	var all sync.WaitGroup
	errs := make([]error, len(stores))
	for i, s := range stores {
		all.Go(func() {
			for n := 0; n < each && errs[i] == nil; {
				at, err := s.Latest(ctx, "race")
				if err != nil {
					errs[i] = err
					return
				}
				_, err = s.Commit(ctx, mockserver.Txn{
					At:      map[string]int64{"race": at[0]},
					Changes: []mockserver.Change{{Scope: "race", Kind: "k", Name: fmt.Sprintf("%d-%d", i, n), Value: []byte("x")}},
				})
				switch {
				case err == nil:
					n++
				case !errors.Is(err, mockserver.ErrConflict):
					errs[i] = err
				}
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	latest, err := stores[0].Latest(ctx, "race")
	if err != nil {
		t.Fatal(err)
	}
	seen.reach(t, "race", latest[0], "0-0", "x")
	for i := range stores {
		for n := range each {
			if name := fmt.Sprintf("%d-%d", i, n); !seen.has("race", name) {
				t.Errorf("the acknowledged commit %s is lost", name)
			}
		}
	}
}

func commit(ctx context.Context, t *testing.T, s mockserver.Store, txn mockserver.Txn) int64 {
	t.Helper()
	v, err := s.Commit(ctx, txn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// view is what a store has told.
type view struct {
	mu       sync.Mutex
	values   map[key]string
	versions map[string]int64
	moved    chan struct{}
}

func watch(ctx context.Context, t *testing.T, s mockserver.Store) *view {
	t.Helper()
	v := &view{values: map[key]string{}, versions: map[string]int64{}, moved: make(chan struct{})}
	if err := s.Follow(ctx, v.take); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

func (v *view) take(u mockserver.Update) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if u.Reset {
		clear(v.values)
		clear(v.versions)
	}
	for scope, version := range u.Versions {
		v.versions[scope] = version
	}
	for _, c := range u.Changes {
		k := key{c.Scope, c.Kind, c.Name}
		if c.Value == nil {
			delete(v.values, k)
		} else {
			v.values[k] = string(c.Value)
		}
	}
	close(v.moved)
	v.moved = make(chan struct{})
}

func (v *view) has(scope, name string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, ok := v.values[key{scope, "k", name}]
	return ok
}

// reach waits until the store has told of a version, and looks for a value.
func (v *view) reach(t *testing.T, scope string, version int64, name, value string) {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		v.mu.Lock()
		at, got, moved := v.versions[scope], v.values[key{scope, "k", name}], v.moved
		v.mu.Unlock()
		if at >= version {
			if got != value {
				t.Errorf("%s %q is %q at version %d, want %q", scope, name, got, at, value)
			}
			return
		}
		select {
		case <-moved:
		case <-timeout.C:
			t.Fatalf("version %d of %s is not told, the last was %d", version, scope, at)
		}
	}
}
