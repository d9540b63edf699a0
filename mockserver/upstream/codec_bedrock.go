package upstream

import (
	"io"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/wire"
)

type textPart struct {
	Text string `json:"text"`
}

type converseTurn struct {
	Role    string     `json:"role"`
	Content []textPart `json:"content"`
}

type converseBody struct {
	Messages  []converseTurn `json:"messages"`
	System    []textPart     `json:"system,omitempty"`
	Inference struct {
		MaxTokens     int      `json:"maxTokens,omitempty"`
		Temperature   *float64 `json:"temperature,omitempty"`
		TopP          *float64 `json:"topP,omitempty"`
		StopSequences []string `json:"stopSequences,omitempty"`
	} `json:"inferenceConfig"`
}

type converseUsage struct {
	Input  int `json:"inputTokens"`
	Output int `json:"outputTokens"`
}

// bedrockConverse is POST /model/{model}/converse and /converse-stream: one format for the models of all vendors.
func bedrockConverse() codec {
	return codec{
		encode: func(_ string, r Request) any { return newConverseBody(r) },
		decode: func(body []byte, out *result) error {
			a, err := decodeJSON[struct {
				Output struct {
					Message *struct {
						Content []contentBlock `json:"content"`
					} `json:"message"`
				} `json:"output"`
				StopReason string        `json:"stopReason"`
				Usage      converseUsage `json:"usage"`
			}](body)
			if err != nil {
				return err
			}
			if a.Output.Message == nil || a.StopReason == "" {
				return &Error{Kind: ErrMalformed, Message: "no message"}
			}
			out.count(a.Usage.Input, a.Usage.Output)
			return out.add(Piece{Text: joinText(a.Output.Message.Content), Finish: a.StopReason})
		},
		frames: func(r io.Reader) wire.Frames { return wire.NewEventStream(r) },
		event:  converseEvent,
	}
}

func newConverseBody(r Request) converseBody {
	var b converseBody
	system, turns := r.dialogue()
	if system != "" {
		b.System = []textPart{{system}}
	}
	for _, m := range turns {
		b.Messages = append(b.Messages, converseTurn{m.Role, []textPart{{m.Content}}})
	}
	b.Inference.MaxTokens, b.Inference.Temperature = r.MaxTokens, claudeTemperature(r) // models of other vendors take either
	b.Inference.TopP, b.Inference.StopSequences = r.nucleus(), r.Stop
	return b
}

// converseEvent reads an event. The one with the usage comes last.
func converseEvent(f wire.Frame, out *result) error {
	if exception, ok := strings.CutPrefix(f.Name, "exception:"); ok {
		return errorFrame(bedrockExceptions()[exception], f.Data)
	}
	if strings.HasPrefix(f.Name, "error:") {
		return errorFrame(0, f.Data)
	}
	e, err := decodeJSON[struct {
		Delta      textPart      `json:"delta"`
		StopReason string        `json:"stopReason"`
		Usage      converseUsage `json:"usage"`
	}](f.Data)
	if err != nil {
		return err
	}
	switch f.Name {
	case "contentBlockDelta":
		return out.add(Piece{Text: e.Delta.Text})
	case "messageStop":
		return out.add(Piece{Finish: e.StopReason})
	case "metadata":
		out.count(e.Usage.Input, e.Usage.Output)
		out.done = true
	}
	return nil
}

// bedrockExceptions gives the exceptions of a stream the status that they have elsewhere.
func bedrockExceptions() map[string]int {
	return map[string]int{
		"validationException": 400, "throttlingException": 429, "modelStreamErrorException": 424,
		"internalServerException": 500, "serviceUnavailableException": 503, "modelTimeoutException": 408,
	}
}

// titanEmbed is POST /model/{model}/invoke of Amazon's embedding models, one input at a time.
func titanEmbed() embedCodec {
	return embedCodec{
		batch: 1,
		encode: func(_ string, inputs []string) any {
			return struct {
				InputText string `json:"inputText"`
			}{inputs[0]}
		},
		decode: func(body []byte, out *Embeddings) error {
			a, err := decodeJSON[struct {
				Embedding []float32 `json:"embedding"`
				Tokens    int       `json:"inputTextTokenCount"`
			}](body)
			if a.Embedding != nil {
				out.Vectors = append(out.Vectors, a.Embedding)
			}
			out.Tokens += a.Tokens
			return err
		},
	}
}

// bedrockCohereEmbed is the same of Cohere's.
func bedrockCohereEmbed() embedCodec {
	return embedCodec{
		batch: cohereBatch,
		encode: func(_ string, inputs []string) any {
			return struct {
				Texts     []string `json:"texts"`
				InputType string   `json:"input_type"`
			}{inputs, "search_document"}
		},
		decode: func(body []byte, out *Embeddings) error {
			a, err := decodeJSON[struct {
				Embeddings [][]float32 `json:"embeddings"`
			}](body)
			out.Vectors = append(out.Vectors, a.Embeddings...)
			return err
		},
	}
}
