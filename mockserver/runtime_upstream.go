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

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

// upstreams finds the backends that are elsewhere: engines of the engines file for registered models, and the
// providers themselves for external ones, if the server may ask them.
type upstreams struct {
	engines  *upstream.Set
	external bool

	mu     sync.Mutex
	models map[meterKey]externalModel
	health map[upstream.Backend]health
}

// externalModel is a provider's backend, as a version of the config describes it.
type externalModel struct {
	version int64
	backend *upstream.External
}

func newUpstreams(o Options) *upstreams {
	u := &upstreams{engines: o.Engines, external: o.External, models: map[meterKey]externalModel{}, health: map[upstream.Backend]health{}}
	if u.engines == nil {
		u.engines = &upstream.Set{}
	}
	return u
}

// engine is what the engines file names for a registered model.
func (u *upstreams) engine(e api.ServedEntityInput) (upstream.Backend, bool) {
	if e.ExternalModel != nil {
		return nil, false
	}
	return u.engines.Find(e.EntityName, string(e.EntityVersion), e.WorkloadType)
}

// model is the backend of an external model. A new version of the config makes a new one.
func (u *upstreams) model(k meterKey, version int64, e api.ServedEntityInput) (upstream.Backend, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	old, ok := u.models[k]
	if ok && old.version == version {
		return old.backend, nil
	}
	b, err := u.engines.External(e.Name, e.ExternalModel)
	if err != nil {
		return nil, err
	}
	if ok {
		old.backend.Close()
	}
	u.models[k] = externalModel{version, b}
	return b, nil
}

func (u *upstreams) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for m := range maps.Values(u.models) {
		m.backend.Close()
	}
	clear(u.models)
	u.engines.Close()
}

// backend is what answers for the entity: an engine outside, the provider of an external model, or the model here.
func (t *attempt) backend() (backend, error) {
	spec := t.entity.Spec
	remote, ok := t.upstreams.engine(spec)
	if spec.ExternalModel != nil && t.upstreams.external {
		var err error
		if remote, err = t.upstreams.model(t.key(), t.record.Active.Version, spec); err != nil {
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
