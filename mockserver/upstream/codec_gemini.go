package upstream

import (
	"encoding/json"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/wire"
)

type geminiContent struct {
	Role  string     `json:"role,omitempty"`
	Parts []textPart `json:"parts"`
}

type geminiBody struct {
	Contents   []geminiContent `json:"contents"`
	System     *geminiContent  `json:"systemInstruction,omitempty"`
	Generation struct {
		Temperature     float64  `json:"temperature"`
		TopP            *float64 `json:"topP,omitempty"`
		TopK            int      `json:"topK,omitempty"`
		Seed            *int64   `json:"seed,omitempty"`
		CandidateCount  int      `json:"candidateCount,omitempty"`
		MaxOutputTokens int      `json:"maxOutputTokens,omitempty"`
		StopSequences   []string `json:"stopSequences,omitempty"`
		Logprobs        int      `json:"logprobs,omitempty"`
		WithLogprobs    bool     `json:"responseLogprobs,omitempty"`
	} `json:"generationConfig"`
}

type geminiToken struct {
	Token   string  `json:"token"`
	Logprob float64 `json:"logProbability"`
}

type geminiAnswer struct {
	Candidates []struct {
		Index   int `json:"index"`
		Content struct {
			Parts []struct {
				Text         string          `json:"text"`
				FunctionCall json.RawMessage `json:"functionCall"`
			} `json:"parts"`
		} `json:"content"`
		FinishReason string `json:"finishReason"`
		Logprobs     struct {
			Chosen []geminiToken `json:"chosenCandidates"`
			Top    []struct {
				Candidates []geminiToken `json:"candidates"`
			} `json:"topCandidates"`
		} `json:"logprobsResult"`
	} `json:"candidates"`
	PromptFeedback *struct {
		BlockReason string `json:"blockReason"`
	} `json:"promptFeedback"`
	Usage struct {
		Prompt     int `json:"promptTokenCount"`
		Candidates int `json:"candidatesTokenCount"`
		Thoughts   int `json:"thoughtsTokenCount"`
	} `json:"usageMetadata"`
}

// geminiGenerate is POST …/models/{model}:generateContent, and :streamGenerateContent with alt=sse, whose frames
// are answers of their own and end without a marker.
func geminiGenerate() codec {
	return codec{
		encode: func(_ string, r Request) any { return newGeminiBody(r) },
		decode: func(body []byte, out *result) error {
			if err := readGemini(body, out); err != nil {
				return err
			}
			if !out.complete() {
				return &Error{Kind: ErrMalformed, Message: "an answer without finished candidates"}
			}
			return nil
		},
		frames: sse,
		event:  func(f wire.Frame, out *result) error { return readGemini(f.Data, out) },
	}
}

func newGeminiBody(r Request) geminiBody {
	var b geminiBody
	system, turns := r.dialogue()
	if system != "" {
		b.System = &geminiContent{Parts: []textPart{{system}}}
	}
	for i, role := range roleNames(turns, "model") {
		b.Contents = append(b.Contents, geminiContent{role, []textPart{{turns[i].Content}}})
	}
	g := &b.Generation
	g.Temperature, g.TopP, g.TopK, g.Seed = r.Temperature, r.nucleus(), r.TopK, r.Seed
	g.MaxOutputTokens, g.StopSequences = r.MaxTokens, r.Stop
	g.WithLogprobs, g.Logprobs = r.Logprobs, r.TopLogprobs
	if r.texts() > 1 {
		g.CandidateCount = r.N
	}
	return b
}

func readGemini(body []byte, out *result) error {
	a, err := decodeJSON[geminiAnswer](body)
	if err != nil {
		return err
	}
	if len(a.Candidates) == 0 && a.PromptFeedback != nil && a.PromptFeedback.BlockReason != "" {
		for i := range out.texts {
			if err := out.add(Piece{Choice: i, Finish: "safety"}); err != nil {
				return err
			}
		}
	}
	out.count(a.Usage.Prompt, a.Usage.Candidates+a.Usage.Thoughts)
	for _, c := range a.Candidates {
		p := Piece{Choice: c.Index, Finish: c.FinishReason}
		var text strings.Builder
		for _, part := range c.Content.Parts {
			text.WriteString(part.Text)
			if part.FunctionCall != nil && finishReason(p.Finish) == "stop" {
				p.Finish = "tool_calls" // a call ends like a text there
			}
		}
		p.Text = text.String()
		for i, t := range c.Logprobs.Chosen {
			l := geminiLogprob(t)
			if i < len(c.Logprobs.Top) {
				for _, top := range c.Logprobs.Top[i].Candidates {
					l.TopLogprobs = append(l.TopLogprobs, geminiLogprob(top))
				}
			}
			p.Logprobs = append(p.Logprobs, l)
		}
		if err := out.add(p); err != nil {
			return err
		}
	}
	return nil
}

func geminiLogprob(t geminiToken) api.TokenLogprob {
	return api.TokenLogprob{Token: t.Token, Logprob: t.Logprob, Bytes: byteValues(t.Token)}
}

// vertexBatch is how many texts a request may hold.
const vertexBatch = 250

// vertexEmbed is POST …/models/{model}:predict of the text embedding models.
func vertexEmbed() embedCodec {
	type instance struct {
		Content string `json:"content"`
	}
	return embedCodec{
		batch: vertexBatch,
		encode: func(_ string, inputs []string) any {
			b := struct {
				Instances []instance `json:"instances"`
			}{}
			for _, in := range inputs {
				b.Instances = append(b.Instances, instance{in})
			}
			return b
		},
		decode: func(body []byte, out *Embeddings) error {
			a, err := decodeJSON[struct {
				Predictions []struct {
					Embeddings struct {
						Values     []float32 `json:"values"`
						Statistics struct {
							TokenCount float64 `json:"token_count"`
						} `json:"statistics"`
					} `json:"embeddings"`
				} `json:"predictions"`
			}](body)
			for _, p := range a.Predictions {
				out.Vectors = append(out.Vectors, p.Embeddings.Values)
				out.Tokens += int(p.Embeddings.Statistics.TokenCount)
			}
			return err
		},
	}
}
