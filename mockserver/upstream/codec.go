package upstream

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/wire"
)

// codec is one wire format of generations.
type codec struct {
	// encode makes the body of a request to a model.
	encode func(model string, r Request) any
	// decode reads a whole answer.
	decode func(body []byte, out *result) error
	// frames cuts a stream, event reads one frame of it; nil where the format has no streams.
	frames func(io.Reader) wire.Frames
	event  func(f wire.Frame, out *result) error
}

// embedCodec is one wire format of embeddings.
type embedCodec struct {
	encode func(model string, inputs []string) any
	decode func(body []byte, out *Embeddings) error
	batch  int // inputs per request; 0: all
}

// result gathers what an answer says, whichever format it has.
type result struct {
	pieces []Piece // not yet handed out
	texts  []textState
	usage  api.Usage
	done   bool // the upstream says that nothing follows
}

type textState struct{ begun, finished bool }

// add takes in a piece. Its finish reason may be in the provider's words.
func (o *result) add(p Piece) error {
	if p.Choice < 0 || p.Choice >= len(o.texts) {
		return &Error{Kind: ErrMalformed, Message: "a text that nobody asked for"}
	}
	p.Finish = finishReason(p.Finish)
	t := &o.texts[p.Choice]
	t.begun = true
	t.finished = t.finished || p.Finish != ""
	if p.Text != "" || p.Finish != "" || len(p.Logprobs) > 0 {
		o.pieces = append(o.pieces, p)
	}
	return nil
}

// complete reports whether every text that has begun has ended.
func (o *result) complete() bool {
	begun := false
	for _, t := range o.texts {
		if t.begun && !t.finished {
			return false
		}
		begun = begun || t.begun
	}
	return begun
}

// end gives every text a finish reason; some upstreams leave it out.
func (o *result) end() error {
	for i, t := range o.texts {
		if !t.finished {
			if err := o.add(Piece{Choice: i, Finish: "stop"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// count sets the usage where the upstream tells it.
func (o *result) count(prompt, completion int) {
	if prompt > 0 {
		o.usage.PromptTokens = prompt
	}
	if completion > 0 {
		o.usage.CompletionTokens = completion
	}
}

// finishReasons maps the words of all upstreams, in lower case, to those of the serving API. Words that are not
// here are an end like any other.
var finishReasons = map[string]string{
	"length": "length", "max_tokens": "length", "max_output_tokens": "length", "model_length": "length",
	"model_context_window_exceeded": "length",
	"content_filter":                "content_filter", "content_filtered": "content_filter", "safety": "content_filter",
	"recitation": "content_filter", "blocklist": "content_filter", "prohibited_content": "content_filter",
	"spii": "content_filter", "guardrail_intervened": "content_filter", "error_toxic": "content_filter",
	"refusal":    "content_filter",
	"tool_calls": "tool_calls", "tool_use": "tool_calls", "tool_call": "tool_calls",
}

func finishReason(words string) string {
	if words == "" {
		return ""
	}
	if r, ok := finishReasons[strings.ToLower(words)]; ok {
		return r
	}
	return "stop"
}

// decodeJSON reads an object of a known shape; fields that the shape does not name are the provider's business.
func decodeJSON[T any](body []byte) (T, error) {
	var v T
	err := json.Unmarshal(body, &v)
	return v, err
}

// sse cuts a body into server-sent events.
func sse(r io.Reader) wire.Frames { return wire.NewSSE(r) }

// errorFrame is an error that arrives within a stream.
func errorFrame(status int, body []byte) error {
	kind := ErrUnavailable
	if status >= 400 {
		kind = kindOfStatus(status)
	}
	return &Error{Kind: kind, Status: status, Message: messageOf(body)}
}
