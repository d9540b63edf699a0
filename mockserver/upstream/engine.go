package upstream

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// EngineConfig says where an engine is and what it serves.
type EngineConfig struct {
	Name    string // for errors
	Kind    string // vllm, trtllm, sglang, llamacpp, ollama, or openai for any other that speaks the protocol
	BaseURL string // with or without /v1
	Model   string // as the engine calls it
	Key     string // what KeyFunc is asked for; empty: the engine wants none
}

// Engine is an inference server that speaks the OpenAI protocol.
type Engine struct {
	config EngineConfig
	kind   engineKind
	base   string
	caller *caller
}

// NewEngine checks the configuration and returns the engine; it calls nobody.
func NewEngine(c EngineConfig, o Options) (*Engine, error) {
	kind, ok := engineKinds()[c.Kind]
	if !ok {
		return nil, fmt.Errorf("unknown kind of engine %q", c.Kind)
	}
	base, err := o.Policy.ParseURL(c.BaseURL)
	if err != nil {
		return nil, err
	}
	return &Engine{config: c, kind: kind, base: rootURL(base, "/v1"), caller: newCaller(c.Name, o)}, nil
}

// rootURL is a base URL without the version that every path adds.
func rootURL(u *url.URL, versions ...string) string {
	root := strings.TrimRight(u.String(), "/")
	for _, v := range versions {
		root = strings.TrimSuffix(root, v)
	}
	return root
}

// Generate asks for a chat or a completion.
func (e *Engine) Generate(ctx context.Context, r Request, keys KeyFunc) (*Stream, error) {
	r, err := e.kind.takes.fit(r)
	if err != nil {
		return nil, named(err, e.config.Name)
	}
	path, cd := "/v1/completions", openAICompletions()
	if len(r.Messages) > 0 {
		path, cd = "/v1/chat/completions", openAIChat()
	}
	x, err := e.post(ctx, path, cd.encode(e.config.Model, r), keys)
	if err != nil {
		return nil, err
	}
	x.stream = r.Stream
	return e.caller.generate(ctx, x, cd, r)
}

// Embed asks for embeddings.
func (e *Engine) Embed(ctx context.Context, inputs []string, keys KeyFunc) (Embeddings, error) {
	cd := openAIEmbeddings()
	return e.caller.embed(ctx, cd, inputs, func(some []string) (call, error) {
		return e.post(ctx, "/v1/embeddings", cd.encode(e.config.Model, some), keys)
	})
}

// Ready asks for the engine's health and for the list of its models.
func (e *Engine) Ready(ctx context.Context, keys KeyFunc) error {
	if e.kind.health != "" {
		if err := e.caller.plain(ctx, e.probe(ctx, e.kind.health, keys), func([]byte) error { return nil }); err != nil {
			return e.notReady("the engine is not healthy", err)
		}
	}
	var served []string
	err := e.caller.plain(ctx, e.probe(ctx, "/v1/models", keys), func(body []byte) error {
		list, err := decodeJSON[struct {
			Data []struct {
				ID string `json:"id"`
			} `json:"data"`
		}](body)
		for _, m := range list.Data {
			served = append(served, m.ID)
		}
		return err
	})
	switch {
	case err != nil:
		return e.notReady("the engine does not list its models", err)
	case slices.Contains(served, e.config.Model), slices.Contains(served, e.config.Model+":latest"):
		return nil
	}
	return e.notReady(fmt.Sprintf("the engine serves %q, not %q", served, e.config.Model), nil)
}

func (e *Engine) notReady(message string, err error) error {
	if err != nil {
		message += ": " + err.Error()
	}
	return &Error{Upstream: e.config.Name, Kind: ErrNotReady, Message: message, Err: err}
}

// Close gives idle connections back.
func (e *Engine) Close() { e.caller.close() }

func (e *Engine) post(ctx context.Context, path string, body any, keys KeyFunc) (call, error) {
	b, err := encodeBody(body)
	return call{
		method: http.MethodPost, url: e.base + path, header: http.Header{"Content-Type": {"application/json"}}, body: b,
		authorize: bearerIf(ctx, e.config.Key, keys),
	}, err
}

func (e *Engine) probe(ctx context.Context, path string, keys KeyFunc) call {
	return call{method: http.MethodGet, url: e.base + path, probe: true, authorize: bearerIf(ctx, e.config.Key, keys)}
}

// bearerIf sends the key that a configuration refers to; without a reference there is none to send.
func bearerIf(ctx context.Context, reference string, keys KeyFunc) func(*http.Request, []byte) (secrets, error) {
	return func(req *http.Request, _ []byte) (secrets, error) {
		if reference == "" {
			return nil, nil
		}
		k := &keyring{ctx: ctx, keys: keys}
		err := k.bearer(req, reference)
		return k.used, err
	}
}

// named tells which upstream an error is of.
func named(err error, name string) error {
	e := asError(err)
	e.Upstream = name
	return e
}
