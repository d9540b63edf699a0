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

// outages knows which entities are down or asleep, by endpoint id and served entity.
type outages struct {
	mu    sync.Mutex
	until map[meterKey]time.Time // crashed, and back at
	last  map[meterKey]time.Time // called last
}

// Crash takes a served entity down: it is DEPLOYMENT_RECOVERING, and its endpoint not ready, for a while on
// the server's clock.
func (s *Server) Crash(token, endpoint, entity string, downtime time.Duration) error {
	w, err := s.tenant(token)
	if err != nil {
		return err
	}
	return s.crash(w, endpoint, entity, downtime)
}

func (s *Server) crash(w *workspace, endpoint, entity string, downtime time.Duration) error {
	r, err := w.get(endpoint, s.opts.Progression, s.now())
	if err != nil {
		return err
	}
	if _, ok := r.Active.entity(entity); !ok {
		return fmt.Errorf("crash: endpoint %s serves no entity %s", endpoint, entity)
	}
	s.outages.mu.Lock()
	defer s.outages.mu.Unlock()
	if s.outages.until == nil {
		s.outages.until = map[meterKey]time.Time{}
	}
	s.outages.until[meterKey{r.ID, entity}] = s.now().Add(downtime)
	return nil
}

// down reports whether an entity is recovering from a crash.
func (o *outages) down(k meterKey, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	until, crashed := o.until[k]
	if crashed && !now.Before(until) {
		delete(o.until, k)
		crashed = false
	}
	return crashed
}

// recovering is the state of an entity that crashed.
func recovering() api.EntityState {
	return api.EntityState{Deployment: api.DeploymentRecovering, DeploymentStateMessage: "The served entity crashed and is restarting."}
}

// idle reports whether an entity has gone to sleep, and remembers that it is called now.
func (o *outages) idle(k meterKey, ready, now time.Time, p Progression) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	last, called := o.last[k]
	if !called {
		last = ready
	}
	if o.last == nil {
		o.last = map[meterKey]time.Time{}
	}
	o.last[k] = now
	return p.scaled(now.Sub(last)) >= scaleToZeroAfter
}

// wake refuses a call to an entity that is down, and lets one to an entity that sleeps wait for its start. It
// sleeps only where time moves deployments on.
func (t *attempt) wake(ctx context.Context) error {
	spec := t.entity.Spec
	if t.outages.down(t.key(), t.now()) {
		return refuse(http.StatusServiceUnavailable, api.CodeUnavailable, "Served entity '%s' of endpoint '%s' is recovering from a crash.", spec.Name, t.record.Name)
	}
	p := t.opts.Progression
	if p.mode != byTime || !deref(spec.ScaleToZeroEnabled) || !t.outages.idle(t.key(), t.record.Active.Started, t.now(), p) {
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
