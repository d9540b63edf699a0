package coordinator

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/endpointconfig"
)

// commit brings a batch into the endpoint's config, and with it what join says has arrived meanwhile. It starts
// over whenever the endpoint changed underneath.
func (c *Coordinator) commit(endpoint string, l *lane, batch []*call, join func() []*call) {
	for {
		batch = listening(append(batch, join()...))
		if len(batch) == 0 {
			return
		}
		ctx, cancel := whileAnyListens(batch)
		batch = c.try(ctx, endpoint, l, batch)
		cancel()
	}
}

// try makes one attempt and returns the calls that it did not answer, for another.
func (c *Coordinator) try(ctx context.Context, endpoint string, l *lane, batch []*call) []*call {
	base, err := c.fetch(ctx, endpoint)
	if err != nil {
		finishAll(batch, err)
		return nil
	}
	if base.ID != l.id {
		l.id, l.memory = base.ID, endpointconfig.Memory{}
	}
	a := fold(base, l.memory, batch)
	a.refuse()
	switch {
	case len(a.calls) == 0:
		return nil
	case endpointconfig.Same(base.Target(), a.compiled): // live already, or on its way
		c.accept(l, a, base, false)
		return nil
	case base.Updating():
		return c.awaitQuiet(ctx, endpoint, a.calls)
	case !sendAll(a.calls): // somebody left: what they asked for must not be sent
		return a.calls
	}
	got, err := c.put(ctx, endpoint, a)
	if err == nil {
		c.accept(l, a, got, true)
		return nil
	}
	switch refusalOf(err) {
	case refusedForNow:
		return c.retry(ctx, endpoint, a.calls, err)
	case refusedConfig:
		return c.isolate(ctx, endpoint, l, a, err)
	default:
		finishAll(a.calls, err)
		return nil
	}
}

// isolate finds out whose edit made the API refuse the document. A refusal costs nothing, while everything that
// is accepted rolls out, so each call is left out in turn: when the rest passes, it was that one. Where several
// are to blame, each goes alone.
func (c *Coordinator) isolate(ctx context.Context, endpoint string, l *lane, a attempt, cause error) []*call {
	if len(a.calls) == 1 {
		finishAll(a.calls, cause)
		return nil
	}
	for i, culprit := range a.calls {
		rest := append(append([]*call(nil), a.calls[:i]...), a.calls[i+1:]...)
		b := fold(a.base, l.memory, rest)
		got, err := a.base, error(nil)
		write := !endpointconfig.Same(a.base.Target(), b.compiled)
		if write {
			got, err = c.put(ctx, endpoint, b)
		}
		if err == nil {
			culprit.finish(Result{}, cause)
			b.refuse()
			c.accept(l, b, got, write)
			return nil
		}
		switch refusalOf(err) {
		case refusedForNow:
			return c.retry(ctx, endpoint, a.calls, err)
		case refusedAll:
			finishAll(a.calls, err)
			return nil
		}
	}
	unsendAll(a.calls)
	for _, k := range a.calls {
		c.commit(endpoint, l, []*call{k}, func() []*call { return nil })
	}
	return nil
}

// accept answers the calls of an attempt whose document the endpoint has taken, or had already.
func (c *Coordinator) accept(l *lane, a attempt, got api.Endpoint, written bool) {
	l.memory = a.draft.Remember(a.compiled)
	r := Result{Endpoint: got, Sent: written}
	if written {
		c.Remember(got)
		r.Version = got.Version()
	} else if t := got.Target(); t != nil {
		r.Version = t.ConfigVersion
	}
	var foreign []string
	if want := a.base.Version() + 1; written && r.Version > want {
		foreign = append(foreign, fmt.Sprintf("the update became config version %d where %d was expected: another writer's update, "+
			"accepted between the read and the write, was replaced; run a plan where that one is managed", r.Version, want))
	}
	for i, k := range a.calls {
		own := r
		own.Warnings = append(own.Warnings, foreign...)
		if unmet := a.draft.Unmet(a.touched[i], a.compiled); unmet != "" {
			own.Warnings = append(own.Warnings, unmet)
		}
		k.finish(own, nil)
	}
}

func (c *Coordinator) put(ctx context.Context, endpoint string, a attempt) (api.Endpoint, error) {
	c.o.Log(ctx, "sending config update", map[string]any{
		"endpoint": endpoint, "edits": len(a.calls), "entities": strings.Join(a.edited(), " "),
		"split": endpointconfig.FormatShares(a.compiled.Shares), "base_version": a.base.Version(),
	})
	return c.api.PutConfig(context.WithoutCancel(ctx), endpoint, a.compiled.Config)
}

// retry lets some time pass before the next attempt; the callers may leave meanwhile.
func (c *Coordinator) retry(ctx context.Context, endpoint string, calls []*call, cause error) []*call {
	c.o.Log(ctx, "config update not taken, trying again", map[string]any{"endpoint": endpoint, "reason": cause.Error()})
	unsendAll(calls)
	pause(ctx, c.o.Poll)
	return calls
}

// awaitQuiet waits until no update rolls out.
func (c *Coordinator) awaitQuiet(ctx context.Context, endpoint string, calls []*call) []*call {
	_, err := c.Await(ctx, endpoint, func(e api.Endpoint) (bool, error) { return !e.Updating(), nil })
	if err != nil && ctx.Err() == nil {
		finishAll(calls, err)
		return nil
	}
	return calls
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
