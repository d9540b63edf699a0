package engine

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/inference-iac/terraform-provider-inference/engine/scheduler"
)

// Embed turns each input into a vector of the model's hidden size. A causal model
// yields the mean of its final hidden states over all tokens, not normalised; an
// embedding model what its checkpoint says.
// Inputs share steps with running requests. Errors: ErrInvalidRequest,
// ErrTooLong, ErrClosed, and the cause of an ended ctx.
func (e *Engine) Embed(ctx context.Context, inputs []string) ([][]float32, Usage, error) {
	j := &job{arrived: e.options.Clock()}
	total := 0
	out := make([][]float32, len(inputs))
	for i, text := range inputs {
		tokens := e.tokenizer.Encode(text, true)
		switch {
		case len(tokens) == 0:
			return nil, Usage{}, fmt.Errorf("%w: input[%d] is empty", ErrInvalidRequest, i)
		case len(tokens) > e.maxLen:
			return nil, Usage{}, fmt.Errorf("%w: input[%d] has %d tokens, at most %d are allowed", ErrTooLong, i, len(tokens), e.maxLen)
		}
		if err := e.known(tokens); err != nil {
			return nil, Usage{}, err
		}
		total += len(tokens)
		out[i] = make([]float32, e.config.Hidden)
		j.sequences = append(j.sequences, &sequence{
			Sequence: scheduler.Sequence{Tokens: tokens, Limit: len(tokens), NoPrefix: true, Whole: e.encoder != nil},
			job:      j, choice: i, prompt: len(tokens), embed: out[i],
		})
	}
	if len(inputs) == 0 {
		return nil, Usage{}, fmt.Errorf("%w: input is empty", ErrInvalidRequest)
	}
	j.open = len(j.sequences)
	j.stream = newStream(total)
	if err := e.enqueue(ctx, j); err != nil {
		return nil, Usage{}, err
	}
	// The job ends with ctx too, so the wait needs no context of its own.
	if _, err := j.stream.Next(context.WithoutCancel(ctx)); !errors.Is(err, io.EOF) {
		return nil, Usage{}, err
	}
	return out, j.stream.Usage(), nil
}

// encodeStep computes whole texts with an embedding model.
func (e *Engine) encodeStep(plan []scheduler.Slot) error {
	texts := make([][]int32, len(plan))
	for i, slot := range plan {
		texts[i] = slot.Sequence.Tokens
	}
	out := make([]float32, len(plan)*e.config.Hidden)
	e.record(func(m *metricsCounter) { m.steps++ })
	if err := e.encoder.Forward(out, texts); err != nil {
		return err
	}
	e.scheduler.Commit(plan)
	for i := range plan {
		q := e.planned[i]
		copy(q.embed, out[i*e.config.Hidden:])
		e.finishSequence(q, FinishStop)
	}
	e.observeQueues()
	return nil
}
