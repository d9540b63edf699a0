package upstream

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/wire"
)

// openAIBody is a request to /chat/completions or /completions.
type openAIBody struct {
	Model         string             `json:"model,omitempty"`
	Messages      []api.ChatMessage  `json:"messages,omitempty"`
	Prompt        *string            `json:"prompt,omitempty"`
	MaxTokens     int                `json:"max_tokens,omitempty"`
	MaxCompletion int                `json:"max_completion_tokens,omitempty"`
	Temperature   float64            `json:"temperature"`
	TopP          *float64           `json:"top_p,omitempty"`
	TopK          int                `json:"top_k,omitempty"`
	Seed          *int64             `json:"seed,omitempty"`
	Stop          []string           `json:"stop,omitempty"`
	N             int                `json:"n,omitempty"`
	Logprobs      any                `json:"logprobs,omitempty"` // a switch in chats, a number in completions
	TopLogprobs   int                `json:"top_logprobs,omitempty"`
	Stream        bool               `json:"stream,omitempty"`
	StreamOptions *api.StreamOptions `json:"stream_options,omitempty"`
}

func newOpenAIBody(model string, r Request) *openAIBody {
	b := &openAIBody{
		Model: model, MaxTokens: r.MaxTokens, Temperature: r.Temperature, TopP: r.nucleus(), TopK: r.TopK,
		Seed: r.Seed, Stop: r.Stop, Stream: r.Stream,
	}
	if r.texts() > 1 {
		b.N = r.N
	}
	if r.Stream {
		b.StreamOptions = &api.StreamOptions{IncludeUsage: true}
	}
	return b
}

// openAIChat is POST /chat/completions.
func openAIChat() codec {
	return codec{
		encode: func(model string, r Request) any { return newOpenAIChatBody(model, r) },
		decode: decodeOpenAI, frames: sse, event: openAIEvent,
	}
}

// openAIChatToday is the same of OpenAI itself, whose models of today refuse the older name of the bound.
func openAIChatToday() codec {
	c := openAIChat()
	c.encode = func(model string, r Request) any {
		b := newOpenAIChatBody(model, r)
		b.MaxTokens, b.MaxCompletion = 0, b.MaxTokens
		return b
	}
	return c
}

func newOpenAIChatBody(model string, r Request) *openAIBody {
	b := newOpenAIBody(model, r)
	b.Messages = r.turns()
	if r.Logprobs {
		b.Logprobs, b.TopLogprobs = true, r.TopLogprobs
	}
	return b
}

// openAICompletions is POST /completions.
func openAICompletions() codec {
	return codec{
		encode: func(model string, r Request) any {
			b := newOpenAIBody(model, r)
			b.Prompt = &r.Prompt
			if r.Logprobs {
				b.Logprobs = r.TopLogprobs
			}
			return b
		},
		decode: decodeOpenAI, frames: sse, event: openAIEvent,
	}
}

// openAIAnswer is a plain answer to either, and a frame of either's streams.
type openAIAnswer struct {
	Choices []struct {
		Index        int             `json:"index"`
		Message      *openAIText     `json:"message"`
		Delta        *openAIText     `json:"delta"`
		Text         string          `json:"text"`
		Logprobs     *openAILogprobs `json:"logprobs"`
		FinishReason string          `json:"finish_reason"`
	} `json:"choices"`
	Usage *api.Usage      `json:"usage"`
	Error json.RawMessage `json:"error"`
}

type openAIText struct {
	Content string `json:"content"` // null where a model calls tools or refuses
}

// openAILogprobs is the form of chats, content, and the older one of completions: four parallel lists.
type openAILogprobs struct {
	Content       []api.TokenLogprob   `json:"content"`
	Tokens        []string             `json:"tokens"`
	TokenLogprobs []*float64           `json:"token_logprobs"` // null for the first token of a prompt
	TopLogprobs   []map[string]float64 `json:"top_logprobs"`
}

func openAIEvent(f wire.Frame, out *result) error {
	if string(f.Data) == "[DONE]" {
		out.done = true
		return nil
	}
	return readOpenAI(f.Data, out)
}

// decodeOpenAI reads a plain answer, which has a choice at least.
func decodeOpenAI(body []byte, out *result) error {
	if err := readOpenAI(body, out); err != nil {
		return err
	}
	if !out.complete() {
		return &Error{Kind: ErrMalformed, Message: "an answer without finished choices"}
	}
	return nil
}

func readOpenAI(data []byte, out *result) error {
	var s openAIScan
	if taken, err := s.read(data, out); taken {
		return err
	}
	return decodeOpenAIAnswer(data, out)
}

func decodeOpenAIAnswer(data []byte, out *result) error {
	a, err := decodeJSON[openAIAnswer](data)
	if err != nil {
		return err
	}
	if len(a.Error) > 0 && string(a.Error) != "null" {
		return errorFrame(openAIErrorCode(a.Error), data)
	}
	if a.Choices == nil && a.Usage == nil {
		return &Error{Kind: ErrMalformed, Message: "neither choices nor usage"}
	}
	if a.Usage != nil {
		out.count(a.Usage.PromptTokens, a.Usage.CompletionTokens)
	}
	for _, c := range a.Choices {
		p := Piece{Choice: c.Index, Text: c.Text, Finish: c.FinishReason, Logprobs: c.Logprobs.tokens()}
		for _, text := range []*openAIText{c.Message, c.Delta} {
			if text != nil {
				p.Text += text.Content
			}
		}
		if err := out.add(p); err != nil {
			return err
		}
	}
	return nil
}

// openAIErrorCode is the status that vLLM and SGLang put into an error frame; 0 for words.
func openAIErrorCode(raw json.RawMessage) int {
	e, err := decodeJSON[struct {
		Code json.RawMessage `json:"code"`
	}](raw)
	if err != nil {
		return 0
	}
	code, _ := strconv.Atoi(string(e.Code)) // words are no status
	return code
}

// tokens brings both forms to that of chats.
func (l *openAILogprobs) tokens() []api.TokenLogprob {
	if l == nil || l.Content != nil {
		if l == nil {
			return nil
		}
		return l.Content
	}
	var out []api.TokenLogprob
	for i, token := range l.Tokens {
		t := api.TokenLogprob{Token: token, Bytes: byteValues(token)}
		if i < len(l.TokenLogprobs) && l.TokenLogprobs[i] != nil {
			t.Logprob = *l.TokenLogprobs[i]
		}
		if i < len(l.TopLogprobs) {
			t.TopLogprobs = ranked(l.TopLogprobs[i])
		}
		out = append(out, t)
	}
	return out
}

// openAIEmbeddings is POST /embeddings.
func openAIEmbeddings() embedCodec {
	return embedCodec{
		encode: func(model string, inputs []string) any {
			return struct {
				Model string   `json:"model,omitempty"`
				Input []string `json:"input"`
			}{model, inputs}
		},
		decode: func(body []byte, out *Embeddings) error {
			a, err := decodeJSON[api.Embeddings](body)
			if err != nil {
				return err
			}
			vectors := make([][]float32, len(a.Data))
			for _, d := range a.Data {
				if d.Index < 0 || d.Index >= len(vectors) || vectors[d.Index] != nil {
					return fmt.Errorf("an embedding has index %d of %d", d.Index, len(vectors))
				}
				vectors[d.Index] = d.Embedding
			}
			out.Vectors = append(out.Vectors, vectors...)
			if a.Usage != nil {
				out.Tokens += a.Usage.PromptTokens
			}
			return nil
		},
	}
}
