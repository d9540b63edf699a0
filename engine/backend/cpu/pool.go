package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// pool runs the parts of one operation on several goroutines. Parking a goroutine
// costs about 50 µs, more than many a matrix product, and every wake-up lets the
// kernel choose a processor anew, on a busy machine often the caller's. So an idle
// worker looks for work until the step is surely over, and parks then. The caller
// waits for nobody who has not begun: on a busy machine the others may not get a
// processor for milliseconds.
type pool struct {
	workers []*worker
	done    sync.WaitGroup
	lanes   []lane // by worker
	job     func(worker, part int)
}

// lane is the run of parts that one worker begins with, alone on its cache lines.
// Neighbouring parts are neighbours in memory, which the processor fetches ahead.
type lane struct {
	next atomic.Int64
	end  int64
	_    [112]byte
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

// yields is how often a waiting worker offers its thread to others before it parks:
// about a millisecond.
const yields = 120

// newPool starts threads-1 goroutines; the caller of each is worker 0.
func newPool(threads int) *pool {
	p := &pool{lanes: make([]lane, threads)}
	for i := 1; i < threads; i++ {
		w := &worker{wake: make(chan struct{}, 1)}
		p.workers = append(p.workers, w)
		p.done.Go(func() { p.serve(w, i) })
	}
	return p
}

// threads is the number of workers, the caller included.
func (p *pool) threads() int { return len(p.lanes) }

// each shares n parts out evenly and returns when all are done.
func (p *pool) each(n int, f func(worker, part int)) {
	p.run(n, func(worker int) int { return n * worker / len(p.lanes) }, f)
}

// run does n parts, those from start(i) on by worker i first, and returns when all
// are done. Whoever has finished goes on with the parts of the others.
func (p *pool) run(n int, start func(worker int) int, f func(worker, part int)) {
	if n <= 1 || len(p.workers) == 0 {
		for i := range n {
			f(0, i)
		}
		return
	}
	end := n
	for i := len(p.lanes) - 1; i >= 0; i-- {
		first := start(i)
		p.lanes[i].next.Store(int64(first))
		p.lanes[i].end = int64(end)
		end = first
	}
	p.job = f
	for _, w := range p.workers {
		w.tell(offered)
	}
	p.work(0)
	for _, w := range p.workers {
		w.join()
	}
	p.job = nil
}

// work does parts until none is left that nobody has begun.
func (p *pool) work(id int) {
	for i := range p.lanes {
		l := &p.lanes[(id+i)%len(p.lanes)]
		for part := l.next.Add(1) - 1; part < l.end; part = l.next.Add(1) - 1 {
			p.job(id, int(part))
		}
	}
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
		p.work(id)
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
		pause()
		if i%looks == 0 {
			runtime.Gosched()
		}
	}
}

// await takes the next job; false means that there will be none.
func (w *worker) await() bool {
	for {
		for i := 1; i <= yields*looks; i++ {
			switch w.state.Load() {
			case offered:
				if w.state.CompareAndSwap(offered, taken) {
					return true
				}
			case stopped:
				return false
			}
			pause()
			if i%looks == 0 {
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
