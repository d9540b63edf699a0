package mockserver

import (
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
	if err := t.wake(x.ctx); err != nil {
		return nil, err
	}
	for i := range q.generations {
		g := &q.generations[i]
		g.seeded, g.stream = q.seeded, req.Stream
		if !q.seeded {
			g.seed = t.traffic.seed()
		}
	}
	b, err := t.backend()
	if err != nil {
		return nil, err
	}
	a := answer{id: requestID(t.record, x.now), created: x.now.Unix(), model: t.record.Name, entity: spec.Name, charge: t.charge}
	if q.inputs != nil {
		return a.embeddings(x.ctx, b, q)
	}
	streams, err := startAll(x.ctx, b, q)
	if err != nil {
		return nil, backendError(err)
	}
	if output.active() {
		for i, s := range streams {
			streams[i] = &guarded{tokenStream: s, guard: output, n: q.generations[i].n}
		}
	}
	switch {
	case req.Stream:
		return a.stream(x.ctx, q, streams)
	case q.form == formPredictions:
		return a.predictions(x.ctx, q, streams)
	default:
		return a.completion(x.ctx, q, streams)
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
	t.limits.charge(t.record, t.x.caller, u.TotalTokens, t.now())
	t.usage.record(t, u)
}
