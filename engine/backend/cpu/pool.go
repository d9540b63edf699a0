package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// pool runs the parts of one operation on several goroutines. Parking a goroutine
// costs about 50 µs, more than many a matrix product, so an idle worker looks for
// work for a while before it parks. The caller waits for nobody who has not begun:
// on a busy machine the others may not get a processor for milliseconds.
type pool struct {
	workers []*worker
	done    sync.WaitGroup
	job     func(worker int)
}

// worker is one goroutine's mailbox, alone on its cache lines.
type worker struct {
	state  atomic.Uint32
	parked atomic.Bool
	wake   chan struct{}
	_      [64]byte
}

// States of a worker. The caller offers and withdraws, the worker takes and
// returns to idle.
const (
	idle uint32 = iota
	offered
	taken
	stopped
)

const (
	spins      = 4000 // looks before parking
	spinsYield = 32   // looks between two offers of the thread to others
)

// newPool starts threads-1 goroutines; the caller of each is the last worker.
func newPool(threads int) *pool {
	p := &pool{}
	for i := 1; i < threads; i++ {
		w := &worker{wake: make(chan struct{}, 1)}
		p.workers = append(p.workers, w)
		p.done.Go(func() { p.serve(w, i) })
	}
	return p
}

// threads is the number of workers, the caller included.
func (p *pool) threads() int { return len(p.workers) + 1 }

// each shares n parts out, whoever is free takes the next, and returns when all
// are done.
func (p *pool) each(n int, f func(worker, part int)) {
	if n <= 1 || len(p.workers) == 0 {
		for i := range n {
			f(0, i)
		}
		return
	}
	var next atomic.Int32
	p.job = func(id int) {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			f(id, i)
		}
	}
	for _, w := range p.workers {
		w.tell(offered)
	}
	p.job(0)
	for _, w := range p.workers {
		w.join()
	}
	p.job = nil
}

// close ends the goroutines.
func (p *pool) close() {
	for _, w := range p.workers {
		w.tell(stopped)
	}
	p.done.Wait()
	p.workers = nil
}

func (p *pool) serve(w *worker, id int) {
	for w.await() {
		p.job(id)
		w.state.Store(idle)
	}
}

// tell changes the state and wakes the worker.
func (w *worker) tell(state uint32) {
	w.state.Store(state)
	if w.parked.CompareAndSwap(true, false) {
		w.wake <- struct{}{}
	}
}

// join withdraws an offer, or waits for the end of one that was taken.
func (w *worker) join() {
	if w.state.CompareAndSwap(offered, idle) {
		return
	}
	for i := 1; w.state.Load() != idle; i++ {
		if i%spinsYield == 0 {
			runtime.Gosched()
		}
	}
}

// await takes the next job; false means that there will be none.
func (w *worker) await() bool {
	for {
		for i := 1; i <= spins; i++ {
			switch w.state.Load() {
			case offered:
				if w.state.CompareAndSwap(offered, taken) {
					return true
				}
			case stopped:
				return false
			}
			if i%spinsYield == 0 {
				runtime.Gosched()
			}
		}
		w.parked.Store(true)
		if s := w.state.Load(); (s == offered || s == stopped) && w.parked.CompareAndSwap(true, false) {
			continue // it came between the last look and parking
		}
		<-w.wake // it can come late, for an offer that was withdrawn: look again
	}
}
