package mockserver

import (
	"context"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// attempt is one served entity that is asked for an answer.
type attempt struct {
	*Server
	x      *exchange
	record *record
	entity served
	start  time.Time
}

func (t *attempt) key() meterKey { return meterKey{t.record.ID, t.entity.Spec.Name} }

// run resolves what the entity needs at call time and lets its backend answer.
func (t *attempt) run(req api.Invocation) (response, error) {
	x, spec := t.x, t.entity.Spec
	if f := t.faults.takeEntity(x.route, t.record.Name, spec.Name); f != nil {
		t.strike(x.ctx, f, x.seq)
		x.wait(t.start, t.now()) // as if the entity had taken it
		if f.Status != 0 {
			return nil, f.refusal()
		}
	}
	if err := x.tenant.resolveSecrets(spec); err != nil {
		return nil, err
	}
	q, err := readInvocation(req, t.entityTask(x.tenant, spec))
	if err != nil {
		return nil, err
	}
	input, output := t.record.guards()
	if err := input.apply(&q); err != nil {
		return nil, err
	}
	if err := t.admit(); err != nil {
		return nil, err
	}
	for i := range q.generations {
		g := &q.generations[i]
		g.seeded, g.stream = q.seeded, req.Stream
		if !q.seeded {
			g.seed = t.traffic.seed()
		}
	}
	ctx, cancel := t.bounded(x.ctx)
	asked := t.now()
	resp, err := t.ask(ctx, q, output, req.Stream)
	x.wait(asked, t.now())
	if s, ok := resp.(*eventStream); ok {
		s.cancel = cancel
	} else {
		cancel()
	}
	return resp, err
}

// bounded ends an attempt by the time-out that the engines file gives the entity. Without one the backend's own counts.
func (t *attempt) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	for _, r := range t.upstreams.engines.EntityRules() {
		if glob(r.Entity, t.record.Name+"/"+t.entity.Spec.Name) {
			return context.WithTimeout(ctx, r.Timeout)
		}
	}
	return ctx, func() {}
}

// ask wakes the entity and puts the query to its backend.
func (t *attempt) ask(ctx context.Context, q query, output guard, stream bool) (response, error) {
	if err := t.wake(ctx); err != nil {
		return nil, err
	}
	b, err := t.backend()
	if err != nil {
		return nil, err
	}
	a := answer{id: requestID(t.record, t.x.now), created: t.x.now.Unix(), model: t.record.Name, entity: t.entity.Spec.Name, charge: t.charge}
	if q.inputs != nil {
		return a.embeddings(ctx, b, q)
	}
	streams, err := startAll(ctx, b, q)
	if err != nil {
		return nil, backendError(err)
	}
	if output.active() {
		for i, s := range streams {
			streams[i] = &guarded{tokenStream: s, guard: output, n: q.generations[i].n}
		}
	}
	switch {
	case stream:
		return a.stream(ctx, q, streams)
	case q.form == formPredictions:
		return a.predictions(ctx, q, streams)
	default:
		return a.completion(ctx, q, streams)
	}
}

// admit refuses what exceeds the provisioned throughput.
func (t *attempt) admit() error {
	if kindOf(t.entity.Spec) != kindThroughput {
		return nil
	}
	m, _ := t.model(t.x.tenant, t.entity.Spec)
	if wait, ok := t.buckets.admit(t.key(), t.entity, m.ChunkSize, t.opts.Progression, t.x.now); !ok {
		return limited(t.record.Name, "provisioned throughput of "+t.entity.Spec.Name, wait)
	}
	return nil
}

// charge counts the tokens of the answer when it has ended.
func (t *attempt) charge(u api.Usage) {
	t.buckets.charge(t.key(), u.TotalTokens)
	if t.record.limited() {
		t.limits.charge(t.record, t.x.caller, u.TotalTokens, t.now())
	}
	t.usage.record(t, u)
}
