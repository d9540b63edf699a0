package cpu

import (
	"runtime"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPoolRunsEveryPartOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 5} {
		p := newPool(threads)
		for n := range 200 {
			counts := make([]atomic.Int32, n)
			p.each(n, func(worker, part int) {
				if worker < 0 || worker >= threads {
					t.Errorf("worker %d of %d", worker, threads)
				}
				counts[part].Add(1)
			})
			for i := range counts {
				if c := counts[i].Load(); c != 1 {
					t.Fatalf("%d threads: part %d of %d ran %d times", threads, i, n, c)
				}
			}
		}
		p.close()
	}
}

// TestLateWakeIsNoJob replays a caller that is held up between announcing a job
// and looking whether the worker is parked: the wake comes when the job is done.
func TestLateWakeIsNoJob(t *testing.T) {
	w := &worker{wake: make(chan struct{}, 1)}
	w.round.Store(5)
	w.wake <- struct{}{}
	got := make(chan uint64)
	go func() { got <- w.await(5) }()
	for len(w.wake) > 0 {
		runtime.Gosched()
	}
	p := &pool{}
	p.start(w, 6)
	if r := <-got; r != 6 {
		t.Errorf("job %d was run twice", r)
	}
}
