package upstream

import (
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/wire"
)

// anthropicDefaultTokens stands in where a request has no bound: the Messages API insists on one.
const anthropicDefaultTokens = 1024

// claudeTemperature is the temperature of a request to a Claude model. Those of today refuse a temperature beside
// top_p, so the serving API's default, 1 on a range twice as wide, gives way to a top_p that narrows anything.
func claudeTemperature(r Request) *float64 {
	if r.nucleus() != nil && r.Temperature == 0.5 {
		return nil
	}
	return &r.Temperature
}

type anthropicBody struct {
	Model         string            `json:"model"`
	System        string            `json:"system,omitempty"`
	Messages      []api.ChatMessage `json:"messages"`
	MaxTokens     int               `json:"max_tokens"`
	Temperature   *float64          `json:"temperature,omitempty"`
	TopP          *float64          `json:"top_p,omitempty"`
	TopK          int               `json:"top_k,omitempty"`
	StopSequences []string          `json:"stop_sequences,omitempty"`
	Stream        bool              `json:"stream,omitempty"`
}

type anthropicUsage struct {
	Input  int `json:"input_tokens"`
	Output int `json:"output_tokens"`
}

type contentBlock struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// joinText adds up the text blocks of a message.
func joinText(blocks []contentBlock) string {
	var b strings.Builder
	for _, c := range blocks {
		b.WriteString(c.Text)
	}
	return b.String()
}

// anthropicMessages is POST /v1/messages, for chats, and for completions as a chat of one turn: models of today
// have no other way to complete a text.
func anthropicMessages() codec {
	return codec{
		encode: func(model string, r Request) any {
			system, turns := r.dialogue()
			b := anthropicBody{
				Model: model, System: system, Messages: turns, MaxTokens: r.MaxTokens, Temperature: claudeTemperature(r),
				TopP: r.nucleus(), TopK: r.TopK, StopSequences: r.Stop, Stream: r.Stream,
			}
			if b.MaxTokens == 0 {
				b.MaxTokens = anthropicDefaultTokens
			}
			return b
		},
		decode: func(body []byte, out *result) error {
			a, err := decodeJSON[struct {
				Type       string         `json:"type"`
				Content    []contentBlock `json:"content"`
				StopReason string         `json:"stop_reason"`
				Usage      anthropicUsage `json:"usage"`
			}](body)
			if err != nil {
				return err
			}
			if a.Type != "message" {
				return &Error{Kind: ErrMalformed, Message: "no message"}
			}
			out.count(a.Usage.Input, a.Usage.Output)
			return out.add(Piece{Text: joinText(a.Content), Finish: a.StopReason})
		},
		frames: sse, event: anthropicEvent,
	}
}

func anthropicEvent(f wire.Frame, out *result) error {
	e, err := decodeJSON[struct {
		Type    string `json:"type"`
		Message struct {
			Usage anthropicUsage `json:"usage"`
		} `json:"message"`
		Delta struct {
			Text       string `json:"text"`
			StopReason string `json:"stop_reason"`
		} `json:"delta"`
		Usage anthropicUsage `json:"usage"`
		Error struct {
			Type string `json:"type"`
		} `json:"error"`
	}](f.Data)
	if err != nil {
		return err
	}
	switch e.Type {
	case "message_start":
		out.count(e.Message.Usage.Input, e.Message.Usage.Output)
	case "content_block_delta":
		return out.add(Piece{Text: e.Delta.Text})
	case "message_delta":
		out.count(e.Usage.Input, e.Usage.Output)
		return out.add(Piece{Finish: e.Delta.StopReason})
	case "message_stop":
		out.done = true
	case "error":
		return errorFrame(anthropicErrors()[e.Error.Type], f.Data)
	}
	return nil // pings, and events that come with later versions, which clients are to skip
}

// anthropicErrors gives the error types of a stream the status that they have elsewhere.
func anthropicErrors() map[string]int {
	return map[string]int{
		"invalid_request_error": 400, "authentication_error": 401, "permission_error": 403, "not_found_error": 404,
		"request_too_large": 413, "rate_limit_error": 429, "api_error": 500, "timeout_error": 504, "overloaded_error": statusOverloaded,
	}
}
