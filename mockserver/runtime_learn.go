package mockserver

import (
	"context"
	"errors"
	"slices"
	"time"
)

// report is what is known of an engine outside.
type report struct {
	ready   bool
	failed  bool // for good
	message string
}

// engineReport tells how the engine of a deployment is; ok is false where the answer comes from here, or nobody can
// be asked. It asks in the background what is not launched here.
func (s *Server) engineReport(w *workspace, r *record, e served) (out report, ok bool) {
	place, ok := s.upstreams.place(e.Spec)
	if !ok {
		return report{}, false
	}
	if place.Backend == nil {
		l := s.upstreams.fleet.get(r.engineKey(e))
		if l == nil {
			return report{message: "it is not started yet"}, true
		}
		return l.report(), true
	}
	k := probeKey{w.name, place.Backend}
	s.upstreams.probes.ask(k, w.keys(e.Spec))
	known, err := s.upstreams.probes.last(k)
	switch {
	case !known:
		out.message = "it has not answered yet"
	case err == nil:
		out.ready = true
	default:
		out.message = err.Error()
	}
	since := s.upstreams.waitingSince(r.engineKey(e), e.Waits && !out.ready)
	out.failed = e.Waits && known && !out.ready && time.Since(since) >= place.StartTimeout
	return out, true
}

// learn tells a rollout what became of the engines that it waits for.
func (s *Server) learn(ctx context.Context, w *workspace, r *record) {
	now := s.now()
	news := map[string]report{}
	at := s.opts.Progression.progress(r.Pending, now)
	for _, e := range r.Pending.Entities {
		if !e.Waits || !e.loads(s.opts.Progression, at) {
			continue
		}
		switch got, ok := s.engineReport(w, r, e); {
		case !ok, got.ready:
			news[e.Spec.Name] = report{ready: true}
		case got.failed:
			news[e.Spec.Name] = got
		}
	}
	if len(news) == 0 {
		return
	}
	version := r.Pending.Version
	_, err := w.update(ctx, r.Name, s.opts.Progression, now, func(r *draft) error {
		if !r.updating() || r.Pending.Version != version {
			return errOvertaken
		}
		r.Pending = r.Pending.heard(news)
		return nil
	})
	var gone *refusal
	if !errors.Is(err, errOvertaken) && !errors.As(err, &gone) {
		s.logged("tell endpoint "+r.Name+" of its engines", err)
	}
}

// errOvertaken says that the rollout is another one by now.
var errOvertaken = errors.New("the rollout is over")

// heard is a rollout that knows more of its engines: those that serve are waited for no longer, and those that
// failed fail their entities.
func (v *revision) heard(news map[string]report) *revision {
	next := *v
	next.Entities = slices.Clone(v.Entities)
	for i, e := range next.Entities {
		got, ok := news[e.Spec.Name]
		if !ok || !e.Waits {
			continue
		}
		if e.Waits = !got.ready; got.failed && e.Failure == nil {
			e.Failure = &stageFailure{At: len(e.Plan) - 1, Message: "The engine of served entity " + e.Spec.Name + " does not serve the model: " + sentence(got.message)}
		}
		next.Entities[i] = e
	}
	return &next
}
