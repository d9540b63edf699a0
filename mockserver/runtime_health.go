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

// activeStates tells how the entities of an active config are: ready, unless they crashed or their engine outside
// says otherwise.
func (s *Server) activeStates(w *workspace, r *record, now time.Time) (states []api.EntityState, ready bool) {
	v := r.Active
	s.askEngines(context.Background(), w, v, probePatience)
	states, ready = make([]api.EntityState, len(v.Entities)), true
	for i, e := range v.Entities {
		states[i].Deployment = api.DeploymentReady
		if r.down(e.Spec.Name, now) {
			states[i], ready = recovering(), false
			continue
		}
		if got, ok := s.engineReport(w, r, e); ok && !got.ready && !r.Stopped {
			states[i] = api.EntityState{Deployment: api.DeploymentRecovering, DeploymentStateMessage: "The engine does not answer for the model: " + sentence(got.message)}
			ready = false
		}
	}
	return states, ready
}

// askEngines asks the engines outside whose last word is old, and gives them some time to answer.
func (s *Server) askEngines(ctx context.Context, w *workspace, v *revision, patience time.Duration) {
	var flights []<-chan struct{}
	for _, e := range v.Entities {
		if place, ok := s.upstreams.place(e.Spec); ok && place.Backend != nil {
			if f := s.upstreams.probes.ask(probeKey{w.name, place.Backend}, w.keys(e.Spec)); f != nil {
				flights = append(flights, f)
			}
		}
	}
	if flights == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, f := range flights {
		select {
		case <-f:
		case <-ctx.Done():
			return
		}
	}
}

// explainWaits says what the entities of a rollout wait for whose stages are over but for an engine outside.
func (s *Server) explainWaits(w *workspace, r *record, states []api.EntityState, now time.Time) {
	if !r.updating() {
		return
	}
	at := s.opts.Progression.progress(r.Pending, now)
	for i, e := range r.Pending.Entities {
		if !e.Waits || !e.loads(s.opts.Progression, at) {
			continue
		}
		if got, ok := s.engineReport(w, r, e); ok && !got.ready {
			states[i].DeploymentStateMessage += " Waiting for its engine: " + sentence(got.message)
		}
	}
}

// sentence ends a message with one full stop.
func sentence(message string) string { return strings.TrimSuffix(message, ".") + "." }

// measured is a backend that publishes what it measures.
type measured interface {
	Metrics(context.Context, upstream.KeyFunc) (upstream.EngineMetrics, error)
}

// engineMetrics adds what the engines outside measure: the time to the first token and that of each token after it.
func (s *Server) engineMetrics(ctx context.Context, w *workspace, r *record, out *exposition) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	for _, e := range entitiesOf(r.Active) {
		b, _ := s.upstreams.engine(r.engineKey(e), e.Spec)
		engine, ok := b.(measured)
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
