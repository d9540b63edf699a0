package upstream

import "github.com/inference-iac/terraform-provider-inference/internal/api"

type ai21Body struct {
	Prompt        string   `json:"prompt"`
	NumResults    int      `json:"numResults"`
	MaxTokens     int      `json:"maxTokens,omitempty"`
	Temperature   float64  `json:"temperature"`
	TopP          *float64 `json:"topP,omitempty"`
	TopKReturn    int      `json:"topKReturn,omitempty"`
	StopSequences []string `json:"stopSequences,omitempty"`
}

type ai21Token struct {
	Generated struct {
		Token   string  `json:"token"`
		Logprob float64 `json:"raw_logprob"`
	} `json:"generatedToken"`
	Top []struct {
		Token   string  `json:"token"`
		Logprob float64 `json:"logprob"`
	} `json:"topTokens"`
}

// ai21Complete is POST /studio/v1/{model}/complete. It has no streams, and counts no tokens: it lists them.
func ai21Complete() codec {
	return codec{
		encode: func(_ string, r Request) any {
			return ai21Body{
				Prompt: r.Prompt, NumResults: r.texts(), MaxTokens: r.MaxTokens, Temperature: r.Temperature,
				TopP: r.nucleus(), TopKReturn: r.TopLogprobs, StopSequences: r.Stop,
			}
		},
		decode: func(body []byte, out *result) error {
			a, err := decodeJSON[struct {
				Prompt struct {
					Tokens []ai21Token `json:"tokens"`
				} `json:"prompt"`
				Completions []struct {
					Data struct {
						Text   string      `json:"text"`
						Tokens []ai21Token `json:"tokens"`
					} `json:"data"`
					FinishReason struct {
						Reason string `json:"reason"`
					} `json:"finishReason"`
				} `json:"completions"`
			}](body)
			if err != nil {
				return err
			}
			if len(a.Completions) == 0 {
				return &Error{Kind: ErrMalformed, Message: "no completions"}
			}
			completion := 0
			for i, c := range a.Completions {
				completion += len(c.Data.Tokens)
				err := out.add(Piece{Choice: i, Text: c.Data.Text, Finish: c.FinishReason.Reason, Logprobs: ai21Logprobs(c.Data.Tokens)})
				if err != nil {
					return err
				}
			}
			out.count(len(a.Prompt.Tokens), completion)
			return nil
		},
	}
}

func ai21Logprobs(tokens []ai21Token) []api.TokenLogprob {
	var out []api.TokenLogprob
	for _, t := range tokens {
		l := api.TokenLogprob{Token: t.Generated.Token, Logprob: t.Generated.Logprob, Bytes: byteValues(t.Generated.Token)}
		for _, top := range t.Top {
			l.TopLogprobs = append(l.TopLogprobs, api.TokenLogprob{Token: top.Token, Logprob: top.Logprob, Bytes: byteValues(top.Token)})
		}
		out = append(out, l)
	}
	return out
}
