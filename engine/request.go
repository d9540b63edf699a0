package engine

import (
	"fmt"
	"math"

	"github.com/inference-iac/terraform-provider-inference/engine/chat"
	"github.com/inference-iac/terraform-provider-inference/engine/sample"
)

// Message is one turn of a chat.
type Message struct{ Role, Content string }

// Request asks for one or more continuations of a prompt.
type Request struct {
	Prompt      string      // completion; exclusive with Messages and Embeddings
	Messages    []Message   // chat, rendered by the model's chat template
	Embeddings  [][]float32 // completion of what these rows stand for: prompt tokens × Info.HiddenSize
	MaxPrompt   int         // most tokens of the prompt; 0: as many as the model's context takes
	MaxTokens   int         // 0: until end of sequence or the model's context
	Temperature float64     // 0 is greedy
	TopP        float64     // 0 means 1 (off)
	TopK        int         // 0 means off
	Seed        uint64
	Stop        []string
	N           int // choices; 0 means 1
	Logprobs    bool
	TopLogprobs int // alternatives for each token; needs Logprobs
}

// Bounds of a request that keep one caller from taking the engine for itself.
const (
	maxChoices = 128
	maxStops   = 64
)

// validate answers ErrInvalidRequest with the name of the field.
func (r Request) validate() error {
	invalid := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrInvalidRequest, fmt.Sprintf(format, args...))
	}
	switch {
	case r.Prompt != "" && len(r.Messages) > 0:
		return invalid("prompt and messages exclude each other")
	case len(r.Embeddings) > 0 && r.Prompt != "":
		return invalid("embeddings and prompt exclude each other")
	case len(r.Embeddings) > 0 && len(r.Messages) > 0:
		return invalid("embeddings and messages exclude each other")
	case r.MaxPrompt < 0:
		return invalid("the bound of the prompt must not be negative, not %d", r.MaxPrompt)
	case r.MaxTokens < 0:
		return invalid("max_tokens must not be negative, not %d", r.MaxTokens)
	case r.N < 0 || r.N > maxChoices:
		return invalid("n must be between 1 and %d, not %d", maxChoices, r.N)
	case len(r.Stop) > maxStops:
		return invalid("stop holds %d strings, at most %d are allowed", len(r.Stop), maxStops)
	case r.TopLogprobs < 0 || r.TopLogprobs > sample.MaxTopLogprobs:
		return invalid("top_logprobs must be between 0 and %d, not %d", sample.MaxTopLogprobs, r.TopLogprobs)
	case r.TopLogprobs > 0 && !r.Logprobs:
		return invalid("top_logprobs needs logprobs")
	}
	for i, m := range r.Messages {
		if m.Role == "" {
			return invalid("messages[%d].role is empty", i)
		}
	}
	if err := r.params().Validate(); err != nil {
		return invalid("%v", err)
	}
	return nil
}

func (r Request) params() sample.Params {
	return sample.Params{Temperature: r.Temperature, TopP: r.TopP, TopK: r.TopK, Seed: r.Seed}
}

// encode turns the prompt, the messages or the embeddings into tokens.
func (e *Engine) encode(r Request) ([]int32, error) {
	tokens, err := e.tokens(r)
	if err != nil {
		return nil, err
	}
	if len(tokens) == 0 {
		return nil, fmt.Errorf("%w: prompt is empty", ErrInvalidRequest)
	}
	if len(tokens) >= e.maxLen {
		return nil, fmt.Errorf("%w: %d tokens, at most %d leave room for an answer", ErrTooLong, len(tokens), e.maxLen-1)
	}
	if r.MaxPrompt > 0 && len(tokens) > r.MaxPrompt {
		return nil, fmt.Errorf("%w: %d tokens, at most %d are allowed", ErrTooLong, len(tokens), r.MaxPrompt)
	}
	return tokens, nil
}

func (e *Engine) tokens(r Request) ([]int32, error) {
	if len(r.Embeddings) > 0 {
		return e.placeholders(r.Embeddings)
	}
	text, special := r.Prompt, true
	if len(r.Messages) > 0 {
		if e.template == nil {
			return nil, fmt.Errorf("%w: messages: the model has no chat template", ErrInvalidRequest)
		}
		list := make([]chat.Message, len(r.Messages))
		for i, m := range r.Messages {
			list[i] = chat.Message(m)
		}
		var err error
		if text, err = e.template.Render(list); err != nil {
			return nil, fmt.Errorf("%w: messages: %w", ErrInvalidRequest, err)
		}
		special = false // the template writes its own control tokens
	}
	tokens := e.tokenizer.Encode(text, special)
	return tokens, e.known(tokens)
}

// placeholder stands where a prompt has an embedding instead of a token. No text has it, so that blocks of the
// cache that hold embeddings are never taken for those of a text.
const placeholder = -1

// placeholders checks embeddings and stands for each.
func (e *Engine) placeholders(rows [][]float32) ([]int32, error) {
	tokens := make([]int32, len(rows))
	for i, row := range rows {
		if len(row) != e.config.Hidden {
			return nil, fmt.Errorf("%w: embeddings[%d] has %d values, the model's hidden size is %d", ErrInvalidRequest, i, len(row), e.config.Hidden)
		}
		for j, v := range row {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return nil, fmt.Errorf("%w: embeddings[%d][%d] is not finite", ErrInvalidRequest, i, j)
			}
		}
		tokens[i] = placeholder
	}
	return tokens, nil
}

// known refuses tokens that the tokenizer has and the weights have not.
func (e *Engine) known(tokens []int32) error {
	for _, t := range tokens {
		if int(t) >= e.config.Vocab {
			return fmt.Errorf("%w: the text holds token %d, the model's vocabulary ends at %d", ErrInvalidRequest, t, e.config.Vocab)
		}
	}
	return nil
}
