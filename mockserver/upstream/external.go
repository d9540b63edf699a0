package upstream

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// ExternalConfig names an external model and, where it is not where its provider usually is, the place.
type ExternalConfig struct {
	Name     string // for errors
	Model    *api.ExternalModel
	BaseURL  string // instead of the model's and the provider's own
	TokenURL string // of Entra ID and Google, instead of their own
}

// External is a model of a provider.
type External struct {
	name     string
	model    *api.ExternalModel // without secrets
	provider provider
	base     string
	places   map[string]string
	tokenURL string
	tokens   tokenCache
	caller   *caller
}

// NewExternal checks the configuration and returns the model; it calls nobody. Plaintext secrets of the
// configuration are not kept: KeyFunc is asked for them at each call, like for the others.
func NewExternal(c ExternalConfig, o Options) (*External, error) {
	key := providerKey(c.Model)
	p, ok := providers()[key]
	if !ok {
		return nil, fmt.Errorf("unknown provider %q", key)
	}
	x := &External{
		name: c.Name, model: c.Model.Redacted(), provider: p, places: placesOf(c.Model), tokenURL: c.TokenURL,
		caller: newCaller(c.Name, o),
	}
	if region, has := x.places["region"]; has && !regexp.MustCompile(`^[a-z0-9-]{1,40}$`).MatchString(region) {
		return nil, fmt.Errorf("%w: %q is no region", ErrForbidden, region) // it becomes part of a host's name
	}
	raw := c.BaseURL
	if raw == "" {
		raw = configuredBase(c.Model)
	}
	if raw == "" {
		raw = p.bases[x.places["region"]]
	}
	if raw == "" {
		raw = x.fill(p.base, strings.Clone)
	}
	base, err := o.Policy.ParseURL(raw)
	if err != nil {
		return nil, err
	}
	x.base = rootURL(base, p.versions...)
	if c.TokenURL != "" {
		if _, err := o.Policy.ParseURL(c.TokenURL); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// Generate asks for a chat or a completion. A provider that has no streams gives the whole text as one piece.
func (x *External) Generate(ctx context.Context, r Request, keys KeyFunc) (*Stream, error) {
	task := api.TaskCompletions
	if len(r.Messages) > 0 {
		task = api.TaskChat
	}
	op, err := x.operation(task)
	if err != nil {
		return nil, err
	}
	if r, err = op.takes.fit(r); err != nil {
		return nil, named(err, x.name)
	}
	r.Stream = r.Stream && op.codec.frames != nil
	path := op.path
	if r.Stream && op.stream != "" {
		path = op.stream
	}
	c, err := x.call(ctx, path, op.codec.encode(x.bodyModel(), r), keys)
	if err != nil {
		return nil, err
	}
	c.stream = r.Stream
	return x.caller.generate(ctx, c, op.codec, r)
}

// Embed asks for embeddings.
func (x *External) Embed(ctx context.Context, inputs []string, keys KeyFunc) (Embeddings, error) {
	op, err := x.operation(api.TaskEmbeddings)
	if err != nil {
		return Embeddings{}, err
	}
	return x.caller.embed(ctx, op.embed, inputs, func(some []string) (call, error) {
		return x.call(ctx, op.path, op.embed.encode(x.bodyModel(), some), keys)
	})
}

// Ready is always nil: providers have no question that is free of charge.
func (x *External) Ready(context.Context, KeyFunc) error { return nil }

// Close gives idle connections back.
func (x *External) Close() { x.caller.close() }

func (x *External) operation(task string) (operation, error) {
	op, ok := x.provider.tasks[task]
	if !ok {
		return op, &Error{Upstream: x.name, Kind: ErrUnsupported, Message: "provider " + x.model.Provider + " has no " + task}
	}
	return op, nil
}

// bodyModel is the model's name as bodies hold it.
func (x *External) bodyModel() string {
	if x.provider.inPath {
		return ""
	}
	return x.model.Name
}

func (x *External) call(ctx context.Context, path string, body any, keys KeyFunc) (call, error) {
	b, err := encodeBody(body)
	if err != nil {
		return call{}, err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	for name, values := range x.provider.header {
		if v := x.fill(values[0], strings.Clone); v != "" {
			header.Set(name, v)
		}
	}
	return call{
		method: http.MethodPost, url: x.base + x.fill(path, escape), header: header, body: b,
		authorize: func(req *http.Request, body []byte) (secrets, error) {
			k := &keyring{ctx: ctx, keys: keys}
			err := x.provider.key(x, req, body, k)
			return k.used, err
		},
	}, nil
}

// fill puts the model's configuration into the places of a template.
func (x *External) fill(template string, quote func(string) string) string {
	for name, v := range x.places {
		template = strings.ReplaceAll(template, "{"+name+"}", quote(v))
	}
	return template
}

// escape quotes a value for a path or a query. Colons are quoted too, as the signature of Amazon's requests expects.
func escape(s string) string { return strings.ReplaceAll(url.PathEscape(s), ":", "%3A") }
