package mockserver

import (
	"context"
	"errors"
	"net/http"

	"github.com/inference-iac/terraform-provider-inference/engine"
	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// openEngine loads the checkpoint in dir; an empty dir is the embedded one.
func openEngine(dir string) (backend, error) {
	if dir == "" {
		e, err := engine.Default(engine.Options{})
		return engineBackend{e}, err
	}
	e, err := engine.Open(dir, engine.Options{})
	return engineBackend{e}, err
}

// engineBackend adapts the engine.
type engineBackend struct{ engine *engine.Engine }

func (b engineBackend) generate(ctx context.Context, g generation) (tokenStream, error) {
	r := engine.Request{
		Prompt: g.prompt, MaxTokens: g.maxTokens, Temperature: g.temperature, TopP: g.topP, TopK: g.topK,
		Seed: g.seed, Stop: g.stop, N: g.n, Logprobs: g.logprobs, TopLogprobs: g.topLogprobs,
	}
	for _, m := range g.messages {
		r.Messages = append(r.Messages, engine.Message{Role: m.Role, Content: m.Content})
	}
	stream, err := b.engine.Submit(ctx, r)
	if err != nil {
		return nil, engineError(err)
	}
	return engineStream{stream}, nil
}

func (b engineBackend) embed(ctx context.Context, inputs []string) ([][]float32, int, error) {
	vectors, usage, err := b.engine.Embed(ctx, inputs)
	if err != nil {
		return nil, 0, engineError(err)
	}
	return vectors, usage.PromptTokens, nil
}

func (b engineBackend) close() error { return b.engine.Close() }

type engineStream struct{ stream *engine.Stream }

func (s engineStream) next(ctx context.Context) (piece, error) {
	e, err := s.stream.Next(ctx)
	if err != nil {
		return piece{}, engineError(err)
	}
	return piece{choice: e.Choice, text: e.Text, finish: e.FinishReason, logprobs: wireLogprobs(e.Logprobs)}, nil
}

func (s engineStream) usage() (prompt, completion int) {
	u := s.stream.Usage()
	return u.PromptTokens, u.CompletionTokens
}

func wireLogprobs(in []engine.TokenLogprob) []api.TokenLogprob {
	var out []api.TokenLogprob
	for _, l := range in {
		bytes := make([]int, len(l.Bytes))
		for i, b := range l.Bytes {
			bytes[i] = int(b)
		}
		out = append(out, api.TokenLogprob{Token: l.Token, Logprob: l.Logprob, Bytes: bytes, TopLogprobs: wireLogprobs(l.Top)})
	}
	return out
}

// engineError gives the engine's sentinels their status.
func engineError(err error) error {
	switch {
	case errors.Is(err, engine.ErrInvalidRequest), errors.Is(err, engine.ErrTooLong):
		return badRequest("The model refused the request: %s.", err)
	case errors.Is(err, engine.ErrClosed):
		return refuse(http.StatusServiceUnavailable, api.CodeUnavailable, "The server is shutting down.")
	default:
		return err
	}
}
