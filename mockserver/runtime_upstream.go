package mockserver

import (
	"context"
	"errors"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

// upstreams finds the backends that are elsewhere: engines of the engines file for registered models, and the
// providers themselves for external ones, if the server may ask them.
type upstreams struct {
	engines  *upstream.Set
	external bool
	fleet    *fleet
	probes   *probes

	mu     sync.Mutex
	models map[engineKey]*upstream.External
	since  map[engineKey]time.Time // a rollout waits for an engine that is not launched here
}

// newUpstreams starts nothing. Notify is called when a launched engine has changed.
func newUpstreams(o Options, notify func()) *upstreams {
	if o.Engines == nil {
		o.Engines = &upstream.Set{}
	}
	return &upstreams{
		engines: o.Engines, external: o.External, fleet: newFleet(o, notify), probes: newProbes(o.Clock),
		models: map[engineKey]*upstream.External{}, since: map[engineKey]time.Time{},
	}
}

// watched reports whether anything outside has to follow the records.
func (u *upstreams) watched() bool { return u.external || !u.engines.Empty() }

// place is what the engines file names for a registered model.
func (u *upstreams) place(e api.ServedEntityInput) (*upstream.Place, bool) {
	if e.ExternalModel != nil {
		return nil, false
	}
	return u.engines.Find(e.EntityName, string(e.EntityVersion), e.WorkloadType)
}

// engine is the engine that answers for a deployment: one that runs anyway, or the one that was launched for it.
func (u *upstreams) engine(k engineKey, e api.ServedEntityInput) (upstream.Backend, bool) {
	p, ok := u.place(e)
	if !ok {
		return nil, false
	}
	if p.Backend != nil {
		return p.Backend, true
	}
	if l := u.fleet.get(k); l != nil {
		return l, true
	}
	return &launched{place: p}, true // it says that it waits
}

// waitingSince is when a rollout began to wait for an engine; it forgets those that are waited for no longer.
func (u *upstreams) waitingSince(k engineKey, waits bool) time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !waits {
		delete(u.since, k)
		return time.Time{}
	}
	if _, ok := u.since[k]; !ok {
		u.since[k] = time.Now()
	}
	return u.since[k]
}

// prune closes the backends of external models that no record knows any more.
func (u *upstreams) prune(known map[engineKey]bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for k, b := range u.models {
		if !known[k] {
			b.Close()
			delete(u.models, k)
		}
	}
	maps.DeleteFunc(u.since, func(k engineKey, _ time.Time) bool { return !known[k] })
}

// model is the backend of an external model, made at the first call of a deployment.
func (u *upstreams) model(k engineKey, e api.ServedEntityInput) (upstream.Backend, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if b, ok := u.models[k]; ok {
		return b, nil
	}
	b, err := u.engines.External(e.Name, e.ExternalModel)
	if err != nil {
		return nil, err
	}
	u.models[k] = b
	return b, nil
}

func (u *upstreams) close() {
	u.fleet.close()
	u.probes.close()
	u.prune(nil)
	u.engines.Close()
}

// backend is what answers for the entity: an engine outside, the provider of an external model, or the model here.
func (t *attempt) backend() (backend, error) {
	spec := t.entity.Spec
	k := t.record.engineKey(t.entity)
	remote, ok := t.upstreams.engine(k, spec)
	if spec.ExternalModel != nil && t.upstreams.external {
		var err error
		if remote, err = t.upstreams.model(k, spec); err != nil {
			return nil, refuse(http.StatusBadRequest, api.CodeInvalidParameter, "Served entity '%s' cannot be reached: %s.", spec.Name, err)
		}
		ok = true
	}
	if ok {
		return upstreamBackend{remote, spec.Name, t.x.tenant.keys(spec)}, nil
	}
	b, err := t.backends.get(t.modelDir(t.x.tenant, spec))
	if err != nil {
		return nil, refuse(http.StatusInternalServerError, api.CodeInternal, "The model of served entity '%s' could not be loaded: %s.", spec.Name, err)
	}
	return b, nil
}

// keys looks up what an upstream asks for, when it asks: fields of the entity's provider block, or the references
// of the engines file.
func (w *workspace) keys(e api.ServedEntityInput) upstream.KeyFunc {
	return func(_ context.Context, name string) (string, error) {
		if e.ExternalModel == nil {
			if _, _, ok := api.SecretReference(name); ok {
				return w.secrets.resolve(name)
			}
			return upstream.LookupKey(name)
		}
		for _, b := range e.ExternalModel.Blocks() {
			i := slices.IndexFunc(b.Secrets, func(s api.Secret) bool { return s.Field == name })
			if i < 0 || b.Provider != e.ExternalModel.Provider {
				continue
			}
			if s := b.Secrets[i]; *s.Reference != "" {
				return w.secrets.resolve(*s.Reference)
			}
			return *b.Secrets[i].Plaintext, nil
		}
		return "", invalid("external_model", "has no %s", name)
	}
}

// upstreamBackend adapts a backend that is elsewhere, for one invocation of one entity.
type upstreamBackend struct {
	remote upstream.Backend
	entity string
	keys   upstream.KeyFunc
}

func (b upstreamBackend) generate(ctx context.Context, g generation) (tokenStream, error) {
	r := upstream.Request{
		Prompt: g.prompt, Messages: g.messages, MaxTokens: g.maxTokens, Temperature: g.temperature, TopP: g.topP, TopK: g.topK,
		Stop: g.stop, N: g.n, Logprobs: g.logprobs, TopLogprobs: g.topLogprobs, Stream: g.stream,
	}
	if g.seeded {
		seed := int64(g.seed & math.MaxInt64)
		r.Seed = &seed
	}
	s, err := b.remote.Generate(ctx, r, b.keys)
	if err != nil {
		return nil, b.refusal(err)
	}
	return upstreamStream{b, s}, nil
}

func (b upstreamBackend) embed(ctx context.Context, inputs []string) ([][]float32, int, error) {
	e, err := b.remote.Embed(ctx, inputs, b.keys)
	if err != nil {
		return nil, 0, b.refusal(err)
	}
	return e.Vectors, e.Tokens, nil
}

// close does nothing: connections outlive invocations.
func (b upstreamBackend) close() error { return nil }

type upstreamStream struct {
	upstreamBackend
	stream *upstream.Stream
}

func (s upstreamStream) next(ctx context.Context) (piece, error) {
	p, err := s.stream.Next(ctx)
	if err != nil {
		return piece{}, s.refusal(err)
	}
	return piece{choice: p.Choice, text: p.Text, logprobs: p.Logprobs, finish: p.Finish}, nil
}

func (s upstreamStream) usage() (prompt, completion int) {
	u := s.stream.Usage()
	return u.PromptTokens, u.CompletionTokens
}

// refusal gives an upstream's error its place on the wire. A missing secret is refused as it is elsewhere; the end
// of a stream and a client that left are no errors of the upstream.
func (b upstreamBackend) refusal(err error) error {
	var e *upstream.Error
	var known *refusal
	if errors.As(err, &known) || !errors.As(err, &e) {
		return err
	}
	status := e.HTTPStatus()
	code, ok := map[int]string{
		http.StatusTooManyRequests:    api.CodeLimitExceeded,
		http.StatusForbidden:          api.CodePermissionDenied,
		http.StatusNotFound:           api.CodeNotFound,
		http.StatusServiceUnavailable: api.CodeUnavailable,
		http.StatusGatewayTimeout:     api.CodeDeadline,
		http.StatusBadGateway:         api.CodeInternal,
	}[status]
	if !ok {
		code = api.CodeBadRequest
	}
	return &refusal{
		status: status, code: code, retryAfter: e.RetryAfter,
		message: "Served entity '" + b.entity + "': " + strings.TrimSuffix(e.Error(), ".") + ".",
	}
}
