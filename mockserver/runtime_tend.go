package mockserver

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// tendEvery is how often engines outside are looked after while something about them is under way.
const tendEvery = 200 * time.Millisecond

// tender looks after what runs elsewhere, in a goroutine that starts with the first endpoint that may need it: it
// starts and stops engines as the records want them, and tells the records what became of them.
type tender struct {
	work   func(context.Context) (busy bool)
	once   sync.Once
	kicked chan struct{}
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func newTender(work func(context.Context) bool) *tender {
	t := &tender{work: work, kicked: make(chan struct{}, 1)}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// kick lets the tender look at once; it does not wait for it.
func (t *tender) kick() {
	t.once.Do(func() {
		if t.ctx.Err() == nil {
			t.done.Go(t.run)
		}
	})
	select {
	case t.kicked <- struct{}{}:
	default: // it will look anyway
	}
}

func (t *tender) run() {
	timer := time.NewTimer(tendEvery)
	defer timer.Stop()
	for {
		select {
		case <-t.ctx.Done():
			return
		case <-t.kicked:
		case <-timer.C:
		}
		if timer.Stop(); t.work(t.ctx) {
			timer.Reset(tendEvery)
		}
	}
}

func (t *tender) close() {
	t.once.Do(func() {})
	t.cancel()
	t.done.Wait()
}

// want is a deployment of an entity that a record knows, and whether its engine should run.
type want struct {
	workspace *workspace
	record    *record
	entity    served
	run       bool
	active    bool // it serves, and is not rolling out
}

// wants lists the deployments of a record that something outside answers for.
func (s *Server) wants(w *workspace, r *record, now time.Time) []want {
	var out []want
	for _, e := range entitiesOf(r.Active) {
		out = append(out, want{w, r, e, !r.Stopped, true})
	}
	if r.Pending == nil {
		return out
	}
	at := s.opts.Progression.progress(r.Pending, now)
	for _, e := range r.Pending.Entities {
		if len(e.Plan) > 0 {
			out = append(out, want{w, r, e, r.updating() && e.loads(s.opts.Progression, at), false})
		}
	}
	return out
}

// tend has what is outside follow the records once, and reports whether there is more to come.
func (s *Server) tend(ctx context.Context) (busy bool) {
	now := s.now()
	s.mu.Lock()
	workspaces := slices.Collect(maps.Values(s.workspaces))
	s.mu.Unlock()
	var all []want
	for _, w := range workspaces {
		for _, r := range w.list(s.opts.Progression, now) {
			all = append(all, s.wants(w, r, now)...)
		}
	}
	known, running := map[engineKey]bool{}, map[engineKey]bool{}
	for _, v := range all {
		k := v.record.engineKey(v.entity)
		known[k] = true
		running[k] = running[k] || v.run
	}
	s.upstreams.prune(known)
	busy = s.upstreams.fleet.retain(func(k engineKey) bool { return running[k] }, func(k engineKey) bool { return known[k] })
	for _, v := range all {
		launched := v.run && s.launch(v)
		busy = busy || launched || v.entity.Waits && v.record.updating() // nobody else tells when its time has come
	}
	asked := map[*record]bool{}
	for _, v := range all {
		if v.entity.Waits && v.run && !asked[v.record] && ctx.Err() == nil {
			asked[v.record] = true
			s.learn(ctx, v.workspace, v.record)
		}
	}
	return busy
}

// launch starts the engine of a deployment that needs one and has none, and reports whether it is a launched one.
func (s *Server) launch(v want) bool {
	place, ok := s.upstreams.place(v.entity.Spec)
	if !ok || place.Backend != nil {
		return false
	}
	m, _ := s.model(v.workspace, v.entity.Spec)
	l := s.upstreams.fleet.add(v.record.engineKey(v.entity), place, v.entity.Spec, m, v.workspace.keys(v.entity.Spec))
	if v.active {
		l.retry()
	}
	l.start()
	return true
}

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
	out.failed = e.Waits && !out.ready && time.Since(since) >= place.StartTimeout
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

// settle lets engines outside take part in a rollout that starts with this request. Where rollouts settle at once,
// it waits for those that run already to say how they are.
func (s *Server) settle(x *exchange, r *record) *record {
	s.look()
	if s.opts.Progression.mode != immediate || !r.updating() || !r.Pending.waits() {
		return r
	}
	s.askEngines(x.ctx, x.tenant, r.Pending, probeTimeout)
	s.learn(x.ctx, x.tenant, r)
	if next, err := x.tenant.get(r.Name, s.opts.Progression, s.now()); err == nil {
		return next
	}
	return r
}

// look lets what runs outside follow a change of the records, soon.
func (s *Server) look() {
	if s.upstreams.watched() {
		s.tender.kick()
	}
}

// resume takes records up that come from elsewhere. What they wait for may not be there any more.
func (s *Server) resume() {
	if s.look(); !s.upstreams.watched() {
		s.tend(s.tender.ctx)
	}
}

// waits reports whether an entity that is deployed now has to wait for an engine outside.
func (s *Server) waits(e api.ServedEntityInput) bool {
	_, ok := s.upstreams.place(e)
	return ok
}
