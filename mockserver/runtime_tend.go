package mockserver

import (
	"context"
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
