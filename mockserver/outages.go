package mockserver

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// When entities that may scale to zero do, and how long the call that wakes them waits. The figures are ours.
const (
	scaleToZeroAfter = 30 * time.Minute
	coldStart        = 30 * time.Second
)

// naps knows which entities are asleep, by endpoint id and served entity.
type naps struct {
	mu   sync.Mutex
	last map[meterKey]time.Time // called last
}

// Crash takes a served entity down: it is DEPLOYMENT_RECOVERING, and its endpoint not ready, for a while on
// the server's clock.
func (s *Server) Crash(token, endpoint, entity string, downtime time.Duration) error {
	w, err := s.tenant(token)
	if err != nil {
		return err
	}
	return s.crash(context.Background(), w, endpoint, entity, downtime)
}

func (s *Server) crash(ctx context.Context, w *workspace, endpoint, entity string, downtime time.Duration) error {
	_, err := w.update(ctx, endpoint, s.opts.Progression, s.now(), func(r *draft) error {
		if _, ok := r.Active.entity(entity); !ok {
			return fmt.Errorf("crash: endpoint %s serves no entity %s", endpoint, entity)
		}
		now := s.now()
		down := map[string]time.Time{entity: now.Add(downtime)}
		for e, until := range r.Down {
			if e != entity && now.Before(until) {
				down[e] = until
			}
		}
		r.Down = down
		return nil
	})
	return err
}

// down reports whether an entity is recovering from a crash.
func (r *record) down(entity string, now time.Time) bool { return now.Before(r.Down[entity]) }

// recovering is the state of an entity that crashed.
func recovering() api.EntityState {
	return api.EntityState{Deployment: api.DeploymentRecovering, DeploymentStateMessage: "The served entity crashed and is restarting."}
}

// idle reports whether an entity has gone to sleep, and remembers that it is called now.
func (n *naps) idle(k meterKey, ready, now time.Time, p Progression) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	last, called := n.last[k]
	if !called {
		last = ready
	}
	if n.last == nil {
		n.last = map[meterKey]time.Time{}
	}
	n.last[k] = now
	return p.scaled(now.Sub(last)) >= scaleToZeroAfter
}

// wake refuses a call to an entity that is down, and lets one to an entity that sleeps wait for its start. It
// sleeps only where time moves deployments on.
func (t *attempt) wake(ctx context.Context) error {
	spec := t.entity.Spec
	if t.record.down(spec.Name, t.now()) {
		return refuse(http.StatusServiceUnavailable, api.CodeUnavailable, "Served entity '%s' of endpoint '%s' is recovering from a crash.", spec.Name, t.record.Name)
	}
	p := t.opts.Progression
	if p.mode != byTime || !deref(spec.ScaleToZeroEnabled) || !t.naps.idle(t.key(), t.record.Active.Started, t.now(), p) {
		return nil
	}
	timer := time.NewTimer(time.Duration(float64(coldStart) / p.factor))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return backendError(ctx.Err())
	}
}
