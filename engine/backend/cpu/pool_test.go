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

// TestLateWakeIsNoJob replays a caller that is held up between its offer and the
// look whether the worker is parked: the wake comes when the job is over.
func TestLateWakeIsNoJob(t *testing.T) {
	w := &worker{wake: make(chan struct{}, 1)}
	w.wake <- struct{}{}
	got := make(chan bool)
	go func() { got <- w.await() }()
	for len(w.wake) > 0 {
		runtime.Gosched()
	}
	select {
	case <-got:
		t.Error("a wake without an offer is taken for a job")
	default:
	}
	w.tell(offered)
	if !<-got || w.state.Load() != taken {
		t.Error("the offer is not taken")
	}
	go func() { got <- w.await() }()
	w.state.Store(idle)
	w.tell(stopped)
	if <-got {
		t.Error("a stopped worker goes on")
	}
}

// TestAbsentWorkerIsNotWaitedFor checks that the caller does all parts itself when
// nobody takes its offers.
func TestAbsentWorkerIsNotWaitedFor(t *testing.T) {
	p := &pool{workers: []*worker{{wake: make(chan struct{}, 1)}}, lanes: make([]lane, 2)}
	sum := 0
	p.each(10, func(_, part int) { sum += part })
	if sum != 45 || p.workers[0].state.Load() != idle {
		t.Errorf("sum %d, state %d", sum, p.workers[0].state.Load())
	}
}
