package coordinator

import (
	"context"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// view is what the coordinator last saw of an endpoint, and those who look at it.
type view struct {
	endpoint   api.Endpoint
	seen       time.Time // zero: nothing to show
	generation int       // counts writes: a read that began before a write must not hide it
	flight     *flight   // the read that is under way and shared
	watch      *watch    // the poll loop, while anybody waits
}

// flight is one shared read.
type flight struct {
	done     chan struct{}
	endpoint api.Endpoint
	err      error
}

// view returns the view of an endpoint. c.mu is held.
func (c *Coordinator) view(endpoint string) *view {
	v := c.views[endpoint]
	if v == nil {
		v = &view{}
		c.views[endpoint] = v
	}
	return v
}

// Snapshot returns the endpoint as it was at most Options.Fresh ago, or as the last write through this
// coordinator left it, whichever is later. Concurrent reads of one endpoint share one request, so that
// refreshing an endpoint with all that hangs on it costs one GET.
func (c *Coordinator) Snapshot(ctx context.Context, endpoint string) (api.Endpoint, error) {
	c.mu.Lock()
	v := c.view(endpoint)
	if !v.seen.IsZero() && time.Since(v.seen) < c.o.Fresh {
		defer c.mu.Unlock()
		return v.endpoint.Clone(), nil
	}
	f := v.flight
	if f == nil {
		f = &flight{done: make(chan struct{})}
		v.flight = f
		go func() {
			f.endpoint, f.err = c.fetch(context.WithoutCancel(ctx), endpoint)
			c.mu.Lock()
			v.flight = nil
			c.mu.Unlock()
			close(f.done)
		}()
	}
	c.mu.Unlock()
	select {
	case <-f.done:
		return f.endpoint.Clone(), f.err
	case <-ctx.Done():
		return api.Endpoint{}, context.Cause(ctx)
	}
}

// fetch reads the endpoint anew and shows everybody what it saw.
func (c *Coordinator) fetch(ctx context.Context, endpoint string) (api.Endpoint, error) {
	c.mu.Lock()
	generation := c.view(endpoint).generation
	c.mu.Unlock()
	e, err := c.api.GetEndpoint(ctx, endpoint)
	if err != nil {
		return api.Endpoint{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.view(endpoint); v.generation == generation {
		v.show(e)
	}
	return e, nil
}

// Remember takes in the answer to a write, which is newer than any read before it.
func (c *Coordinator) Remember(e api.Endpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.view(e.Name)
	v.generation++
	v.show(e)
}

// Forget makes the next Snapshot read anew, after a write whose answer does not show the endpoint.
func (c *Coordinator) Forget(endpoint string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.view(endpoint)
	v.generation++
	v.seen = time.Time{}
}

// show makes e what the view shows, and answers the waiters that it satisfies.
func (v *view) show(e api.Endpoint) {
	v.endpoint, v.seen = e.Clone(), time.Now()
	if v.watch != nil {
		v.watch.show(e)
	}
}
