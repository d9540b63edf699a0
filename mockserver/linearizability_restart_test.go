package mockserver_test

import (
	"net/http"
	"path/filepath"
	"sync"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
	"github.com/inference-iac/terraform-provider-inference/mockserver/linear"
)

// restarting serves from a server that is replaced every few requests. A request waits for the next server
// rather than fail, so that every outcome is known; what becomes of requests that a death cuts off is what the
// durability tests ask.
type restarting struct {
	open func() (*mockserver.Server, error)

	mu       sync.RWMutex
	server   *mockserver.Server
	requests chan struct{}
}

func (r *restarting) RoundTrip(q *http.Request) (*http.Response, error) {
	r.requests <- struct{}{}
	r.mu.RLock()
	defer r.mu.RUnlock()
	// The whole answer is read under the lock: the body comes from the server while it lives.
	resp, err := r.server.Transport().RoundTrip(q)
	if err != nil {
		return nil, err
	}
	return whole(resp)
}

// replace ends the server and starts the next.
func (r *restarting) replace() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.server.Close(); err != nil {
		return err
	}
	next, err := r.open()
	if err == nil {
		r.server = next
	}
	return err
}

// restart replaces the server after every so many requests until done is closed, and counts how often it did.
// After a failure it only lets requests pass.
func (r *restarting) restart(every int, done <-chan struct{}) (restarts int, err error) {
	for n := 1; ; n++ {
		select {
		case <-done:
			return restarts, err
		case <-r.requests:
		}
		if n%every > 0 {
			continue
		}
		if err == nil {
			err = r.replace()
			restarts++
		}
	}
}

// overRestarts is a history of a server that is restarted all the time.
func overRestarts(t *testing.T, open func() (*mockserver.Server, error), seed uint64) linear.History {
	t.Helper()
	first, err := open()
	if err != nil {
		t.Fatal(err)
	}
	r := &restarting{open: open, server: first, requests: make(chan struct{})}
	done := make(chan struct{})
	var restarts int
	var failed error
	var restarter sync.WaitGroup
	restarter.Go(func() { restarts, failed = r.restart(20, done) })
	log := history(t, r, seed)
	close(done)
	restarter.Wait()
	if failed != nil || restarts < 5 {
		t.Fatalf("%d restarts, %v", restarts, failed)
	}
	if err := r.server.Close(); err != nil {
		t.Error(err)
	}
	return log
}

func TestLinearizableOverRestarts(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		path := filepath.Join(t.TempDir(), "state.db")
		check(t, 0, overRestarts(t, func() (*mockserver.Server, error) {
			return mockserver.Open(path, "", mockserver.Options{})
		}, seed))
	}
	// A server that forgets is caught.
	log := overRestarts(t, func() (*mockserver.Server, error) { return mockserver.New(mockserver.Options{}), nil }, 1)
	if got := log.Check(0); got != porcupine.Illegal {
		t.Errorf("the history of a server that forgets is %s", got)
	}
}
