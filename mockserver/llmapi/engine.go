package llmapi

import (
	"context"
	"errors"

	"github.com/inference-iac/terraform-provider-inference/engine"
)

// generator is a loaded model.
type generator interface {
	// generate starts a text; an end of ctx frees what it holds. Faults say what is wrong with the request.
	generate(ctx context.Context, g generation) (textStream, error)
	describe() description
	close() error
}

// description is what the management API tells of a model.
type description struct {
	hidden int // length of an embedding
	memory int // bytes of weights and cache
}

// textStream hands out a text as it is generated.
type textStream interface {
	// next returns text that is not empty, and io.EOF when there is no more.
	next(ctx context.Context) (string, error)
}

// openEngine loads the checkpoint in a directory; an empty one is the embedded checkpoint.
func openEngine(dir, format string) (generator, error) {
	o := engine.Options{Format: engine.Format(format)}
	if dir == "" {
		e, err := engine.Default(o)
		return engineGenerator{e}, err
	}
	e, err := engine.Open(dir, o)
	return engineGenerator{e}, err
}

// engineGenerator adapts the engine.
type engineGenerator struct{ engine *engine.Engine }

func (a engineGenerator) generate(ctx context.Context, g generation) (textStream, error) {
	r := engine.Request{Prompt: g.text, Embeddings: g.embeddings, MaxPrompt: g.maxPrompt, MaxTokens: g.maxNew, Stop: g.stop}
	if s := g.sampling; s.do {
		r.Temperature, r.TopP, r.TopK, r.Seed = s.temperature, s.topP, s.topK, *s.seed
	}
	stream, err := a.engine.Submit(ctx, r)
	switch {
	case errors.Is(err, engine.ErrInvalidRequest), errors.Is(err, engine.ErrTooLong):
		return nil, faultf(badRequest, "%s", err)
	case errors.Is(err, engine.ErrClosed):
		return nil, faultf(unavailable, "the server is shutting down")
	case err != nil:
		return nil, err
	}
	return engineStream{stream}, nil
}

func (a engineGenerator) describe() description {
	i := a.engine.Info()
	return description{hidden: i.HiddenSize, memory: i.WeightBytes + i.CacheBytes}
}

func (a engineGenerator) close() error { return a.engine.Close() }

type engineStream struct{ stream *engine.Stream }

func (s engineStream) next(ctx context.Context) (string, error) {
	for {
		e, err := s.stream.Next(ctx)
		if err != nil || e.Text != "" {
			return e.Text, err
		}
	}
}
