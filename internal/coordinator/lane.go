package coordinator

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/endpointconfig"
)

// lane is the queue of one endpoint. Its goroutine ends when the queue is empty.
type lane struct {
	queue   []*call
	running bool

	// Touched only by the lane's goroutine. A name that was deleted and created anew has another id, and
	// nothing to remember.
	id     string
	memory endpointconfig.Memory
}

// call is one mutation on its way. It is waiting, then either dropped by its caller or sent by the lane.
type call struct {
	ctx    context.Context
	mutate Mutation
	state  atomic.Int32
	done   chan outcome
}

type outcome struct {
	Result
	err error
}

const (
	waiting int32 = iota
	dropped
	sent
)

func (k *call) drop() bool { return k.state.CompareAndSwap(waiting, dropped) }
func (k *call) send() bool { return k.state.CompareAndSwap(waiting, sent) }
func (k *call) unsend()    { k.state.CompareAndSwap(sent, waiting) }

// finish answers the call. A dropped one is not listening, and its buffered channel takes the answer.
func (k *call) finish(r Result, err error) { k.done <- outcome{r, err} }

func (c *Coordinator) enqueue(endpoint string, k *call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lanes[endpoint]
	if l == nil {
		l = &lane{}
		c.lanes[endpoint] = l
	}
	l.queue = append(l.queue, k)
	if !l.running {
		l.running = true
		go c.run(endpoint, l)
	}
}

func (c *Coordinator) run(endpoint string, l *lane) {
	for c.more(l) {
		// Terraform starts siblings within milliseconds of each other. Waiting longer for more would be waiting
		// for what, at -parallelism=1, never comes.
		time.Sleep(c.o.Settle)
		c.commit(endpoint, l, nil, func() []*call { return c.take(l) })
	}
}

// more reports whether the lane has work, and retires its goroutine when it has none.
func (c *Coordinator) more(l *lane) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.running = len(l.queue) > 0
	return l.running
}

func (c *Coordinator) take(l *lane) []*call {
	c.mu.Lock()
	defer c.mu.Unlock()
	batch := l.queue
	l.queue = nil
	return batch
}

// listening returns the calls of batch whose callers still wait, and answers those whose context has ended: the
// caller of a call that was sent before, in vain, listens for nothing else.
func listening(batch []*call) []*call {
	var live []*call
	for _, k := range batch {
		switch {
		case k.state.Load() == dropped:
		case k.ctx.Err() == nil:
			live = append(live, k)
		case k.drop():
			k.finish(Result{}, context.Cause(k.ctx))
		}
	}
	return live
}

// whileAnyListens returns a context that carries the values of the first call and ends when the last caller
// has gone.
func whileAnyListens(batch []*call) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(batch[0].ctx))
	var left atomic.Int32
	left.Store(int32(len(batch)))
	stops := make([]func() bool, len(batch))
	for i, k := range batch {
		stops[i] = context.AfterFunc(k.ctx, func() {
			if left.Add(-1) == 0 {
				cancel()
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}
