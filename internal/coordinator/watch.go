package coordinator

import (
	"context"
	"fmt"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// watch is the poll loop of one endpoint, shared by all who wait for something of it. c.mu guards it.
type watch struct {
	waiters map[*waiter]struct{}
	stop    context.CancelFunc
	hurry   chan struct{} // a newcomer starts the backoff anew
}

type waiter struct {
	until func(api.Endpoint) (bool, error)
	done  chan sight // buffered: the loop never waits for a waiter
}

type sight struct {
	endpoint api.Endpoint
	err      error
}

// show answers the waiters that e satisfies or fails.
func (w *watch) show(e api.Endpoint) {
	for k := range w.waiters {
		if ok, err := k.until(e); ok || err != nil {
			k.done <- sight{e.Clone(), err}
			delete(w.waiters, k)
		}
	}
}

func (w *watch) fail(err error) {
	for k := range w.waiters {
		k.done <- sight{err: err}
		delete(w.waiters, k)
	}
}

// Await returns the endpoint as soon as until says so, or its error. What is known is looked at first; after
// that all waiters of an endpoint share one poll loop, whose interval grows from Options.Poll to
// Options.PollMax. until is quick and does not call the coordinator.
func (c *Coordinator) Await(ctx context.Context, endpoint string, until func(api.Endpoint) (bool, error)) (api.Endpoint, error) {
	c.mu.Lock()
	v := c.view(endpoint)
	if !v.seen.IsZero() {
		if ok, err := until(v.endpoint); ok || err != nil {
			defer c.mu.Unlock()
			return v.endpoint.Clone(), err
		}
	}
	k := &waiter{until: until, done: make(chan sight, 1)}
	if v.watch == nil {
		loop, stop := context.WithCancel(context.WithoutCancel(ctx))
		v.watch = &watch{waiters: map[*waiter]struct{}{}, stop: stop, hurry: make(chan struct{}, 1)}
		go c.poll(loop, endpoint, v, v.watch)
	}
	w := v.watch
	w.waiters[k] = struct{}{}
	select {
	case w.hurry <- struct{}{}:
	default:
	}
	c.mu.Unlock()

	select {
	case s := <-k.done:
		return s.endpoint, s.err
	case <-ctx.Done():
		return api.Endpoint{}, c.leave(ctx, endpoint, v, w, k)
	}
}

// leave takes a waiter whose context has ended out of the loop, and ends the loop with the last one. The error
// tells what was seen last, because that is what the user will ask.
func (c *Coordinator) leave(ctx context.Context, endpoint string, v *view, w *watch, k *waiter) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(w.waiters, k)
	if len(w.waiters) == 0 {
		w.stop()
		if v.watch == w {
			v.watch = nil
		}
	}
	if v.seen.IsZero() {
		return fmt.Errorf("waiting for endpoint %q: %w", endpoint, context.Cause(ctx))
	}
	return fmt.Errorf("waiting for endpoint %q, last seen %s and %s: %w",
		endpoint, v.endpoint.State.Ready, v.endpoint.State.ConfigUpdate, context.Cause(ctx))
}

// poll reads the endpoint until nobody waits any more. Each read shows itself to the waiters.
func (c *Coordinator) poll(ctx context.Context, endpoint string, v *view, w *watch) {
	defer w.stop()
	for interval := c.o.Poll; ; interval = min(interval+interval/2, c.o.PollMax) {
		interval = c.rest(ctx, w, interval)
		if ctx.Err() != nil {
			return
		}
		_, err := c.fetch(ctx, endpoint)
		if c.finished(v, w, err) {
			return
		}
	}
}

// rest lets the interval pass, a newcomer's shorter one if one comes, and returns the one that passed.
func (c *Coordinator) rest(ctx context.Context, w *watch, interval time.Duration) time.Duration {
	jittered := func() time.Duration { return time.Duration(float64(interval) * (0.8 + 0.4*c.o.Jitter())) }
	t := time.NewTimer(jittered())
	defer t.Stop()
	for {
		select {
		case <-t.C:
			return interval
		case <-ctx.Done():
			return interval
		case <-w.hurry:
			if interval > c.o.Poll {
				interval = c.o.Poll
				t.Reset(jittered())
			}
		}
	}
}

// finished reports whether nobody waits any more, and takes the loop out of the view if so. An error of the
// read ends all waiting: the API's client has retried what can be retried.
func (c *Coordinator) finished(v *view, w *watch, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		w.fail(err)
	}
	if len(w.waiters) > 0 {
		return false
	}
	if v.watch == w {
		v.watch = nil
	}
	return true
}
