package upstream

import (
	"encoding/json"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/wire"
)

type cohereBody struct {
	Model         string            `json:"model"`
	Messages      []api.ChatMessage `json:"messages"`
	MaxTokens     int               `json:"max_tokens,omitempty"`
	Temperature   float64           `json:"temperature"`
	P             *float64          `json:"p,omitempty"`
	K             int               `json:"k,omitempty"`
	Seed          *int64            `json:"seed,omitempty"`
	StopSequences []string          `json:"stop_sequences,omitempty"`
	Stream        bool              `json:"stream,omitempty"`
}

type cohereUsage struct {
	Tokens struct {
		Input  float64 `json:"input_tokens"`
		Output float64 `json:"output_tokens"`
	} `json:"tokens"`
}

// cohereChat is POST /v2/chat, for completions as a chat of one turn.
func cohereChat() codec {
	return codec{
		encode: func(model string, r Request) any {
			return cohereBody{
				Model: model, Messages: r.turns(), MaxTokens: r.MaxTokens, Temperature: r.Temperature, P: r.nucleus(),
				K: r.TopK, Seed: r.Seed, StopSequences: r.Stop, Stream: r.Stream,
			}
		},
		decode: func(body []byte, out *result) error {
			a, err := decodeJSON[struct {
				FinishReason string `json:"finish_reason"`
				Message      struct {
					Content []contentBlock `json:"content"`
				} `json:"message"`
				Usage cohereUsage `json:"usage"`
			}](body)
			if err != nil {
				return err
			}
			return cohereEnd(out, joinText(a.Message.Content), a.FinishReason, a.Usage)
		},
		frames: sse, event: cohereEvent,
	}
}

// cohereEvent reads an event. What a delta holds depends on the type: the content is a list where a message starts
// and an object in every frame after that.
func cohereEvent(f wire.Frame, out *result) error {
	e, err := decodeJSON[struct {
		Type  string          `json:"type"`
		Delta json.RawMessage `json:"delta"`
	}](f.Data)
	if err != nil {
		return err
	}
	switch e.Type {
	case "content-delta":
		d, err := decodeJSON[struct {
			Message struct {
				Content contentBlock `json:"content"`
			} `json:"message"`
		}](e.Delta)
		if err != nil {
			return err
		}
		return out.add(Piece{Text: d.Message.Content.Text})
	case "message-end":
		d, err := decodeJSON[struct {
			FinishReason string      `json:"finish_reason"`
			Usage        cohereUsage `json:"usage"`
		}](e.Delta)
		if err != nil {
			return err
		}
		out.done = true
		return cohereEnd(out, "", d.FinishReason, d.Usage)
	}
	return nil // the beginnings and ends of messages and blocks
}

// cohereEnd takes in the end of a text. ERROR is a failure that arrives with a 200.
func cohereEnd(out *result, text, finish string, u cohereUsage) error {
	switch finish {
	case "":
		return &Error{Kind: ErrMalformed, Message: "an answer without a finish reason"}
	case "ERROR", "TIMEOUT":
		return &Error{Kind: ErrUnavailable, Message: "the generation failed"}
	}
	out.count(int(u.Tokens.Input), int(u.Tokens.Output))
	return out.add(Piece{Text: text, Finish: finish})
}

// cohereBatch is how many texts a request may hold.
const cohereBatch = 96

// cohereEmbed is POST /v2/embed.
func cohereEmbed() embedCodec {
	return embedCodec{
		batch: cohereBatch,
		encode: func(model string, inputs []string) any {
			return struct {
				Model          string   `json:"model"`
				Texts          []string `json:"texts"`
				InputType      string   `json:"input_type"`
				EmbeddingTypes []string `json:"embedding_types"`
			}{model, inputs, "search_document", []string{"float"}}
		},
		decode: func(body []byte, out *Embeddings) error {
			a, err := decodeJSON[struct {
				Embeddings struct {
					Float [][]float32 `json:"float"`
				} `json:"embeddings"`
				Meta struct {
					BilledUnits struct {
						InputTokens float64 `json:"input_tokens"`
					} `json:"billed_units"`
				} `json:"meta"`
			}](body)
			out.Vectors = append(out.Vectors, a.Embeddings.Float...)
			out.Tokens += int(a.Meta.BilledUnits.InputTokens)
			return err
		},
	}
}
