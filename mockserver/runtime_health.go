package mockserver

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/scrape"
)

// How long an engine may take to say how it is, and how long its word counts.
const (
	probeTimeout = 2 * time.Second
	probeAge     = time.Second
)

// health is what an engine said last.
type health struct {
	at  time.Time
	err error
}

// readiness asks an engine for its health, or remembers what it said a moment ago.
func (u *upstreams) readiness(b upstream.Backend, keys upstream.KeyFunc, now time.Time) error {
	u.mu.Lock()
	last, ok := u.health[b]
	u.mu.Unlock()
	if ok && now.Sub(last.at) < probeAge {
		return last.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	err := b.Ready(ctx, keys)
	u.mu.Lock()
	u.health[b] = health{now, err}
	u.mu.Unlock()
	return err
}

// activeStates tells how the entities of an active config are: ready, unless they crashed or their engine outside
// says otherwise.
func (s *Server) activeStates(w *workspace, r *record, now time.Time) (states []api.EntityState, ready bool) {
	v := r.Active
	states, ready = make([]api.EntityState, len(v.Entities)), true
	for i, e := range v.Entities {
		states[i].Deployment = api.DeploymentReady
		if r.down(e.Spec.Name, now) {
			states[i], ready = recovering(), false
			continue
		}
		b, ok := s.upstreams.engine(e.Spec)
		if !ok {
			continue
		}
		if err := s.upstreams.readiness(b, w.keys(e.Spec), now); err != nil {
			states[i] = api.EntityState{Deployment: api.DeploymentRecovering, DeploymentStateMessage: fmt.Sprintf("The engine does not answer for the model: %s.", strings.TrimSuffix(err.Error(), "."))}
			ready = false
		}
	}
	return states, ready
}

// engineMetrics adds what the engines outside measure: the time to the first token and that of each token after it.
func (s *Server) engineMetrics(ctx context.Context, w *workspace, r *record, out *exposition) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	for _, e := range entitiesOf(r.Active) {
		b, _ := s.upstreams.engine(e.Spec)
		engine, ok := b.(*upstream.Engine)
		if !ok {
			continue
		}
		m, err := engine.Metrics(ctx, w.keys(e.Spec))
		if err != nil {
			continue // the entity's state says what is wrong with its engine
		}
		labels := fmt.Sprintf("endpoint_name=%q,served_model_name=%q", r.Name, e.Spec.Name)
		for family, h := range map[string]scrape.Histogram{"time_to_first_token_ms": m.TTFT, "time_per_output_token_ms": m.TPOT} {
			for _, bucket := range h.Buckets {
				out.add(family, "_bucket", fmt.Sprintf("%s,le=\"%s\"", labels, bound(1000*bucket.Bound)), bucket.Count)
			}
			if len(h.Buckets) > 0 {
				out.add(family, "_sum", labels, 1000*h.Sum)
				out.add(family, "_count", labels, h.Count)
			}
		}
	}
}

// bound writes the upper end of a bucket as the text format does.
func bound(ms float64) string {
	if math.IsInf(ms, 1) {
		return "+Inf"
	}
	return fmt.Sprintf("%g", ms)
}
