package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// pool runs the parts of one operation on several goroutines. Parking a goroutine
// costs about 50 µs, more than many a matrix product, so an idle worker looks for
// work for a while before it parks.
type pool struct {
	workers []*worker
	done    sync.WaitGroup
	job     func(worker int)
	left    atomic.Int32
}

// worker is one goroutine's mailbox, alone on its cache lines.
type worker struct {
	round  atomic.Uint64 // number of the newest job; the worker runs it once
	parked atomic.Bool
	wake   chan struct{}
	_      [64]byte
}

const (
	spins      = 4000 // looks before parking
	spinsYield = 32   // looks between two offers of the thread to others
	roundStop  = ^uint64(0)
)

// newPool starts threads-1 goroutines; the caller of run is the last worker.
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

// run calls f once on every worker and returns when all have returned.
func (p *pool) run(f func(worker int)) {
	if len(p.workers) == 0 {
		f(0)
		return
	}
	p.job = f
	p.left.Store(int32(len(p.workers)))
	for _, w := range p.workers {
		p.start(w, w.round.Load()+1)
	}
	f(0)
	for i := 1; p.left.Load() != 0; i++ {
		if i%spinsYield == 0 {
			runtime.Gosched()
		}
	}
	p.job = nil
}

// each shares n parts out: whoever is free takes the next.
func (p *pool) each(n int, f func(worker, part int)) {
	if n <= 1 || len(p.workers) == 0 {
		for i := range n {
			f(0, i)
		}
		return
	}
	var next atomic.Int32
	p.run(func(id int) {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			f(id, i)
		}
	})
}

// close ends the goroutines.
func (p *pool) close() {
	for _, w := range p.workers {
		p.start(w, roundStop)
	}
	p.done.Wait()
	p.workers = nil
}

func (p *pool) start(w *worker, round uint64) {
	w.round.Store(round)
	if w.parked.CompareAndSwap(true, false) {
		w.wake <- struct{}{}
	}
}

func (p *pool) serve(w *worker, id int) {
	seen := uint64(0)
	for {
		seen = w.await(seen)
		if seen == roundStop {
			return
		}
		p.job(id)
		p.left.Add(-1)
	}
}

// await returns the number of the next job.
func (w *worker) await(seen uint64) uint64 {
	for {
		for i := 1; i <= spins; i++ {
			if r := w.round.Load(); r != seen {
				return r
			}
			if i%spinsYield == 0 {
				runtime.Gosched()
			}
		}
		w.parked.Store(true)
		if r := w.round.Load(); r != seen && w.parked.CompareAndSwap(true, false) {
			return r // it came between the last look and parking
		}
		// The caller can be held up between announcing a job and looking whether the
		// worker is parked. The worker has then done the job already and is woken
		// for nothing: it must not do it twice, so it looks at the number again.
		<-w.wake
	}
}
