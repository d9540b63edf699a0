package upstream

// palmSampling is what both of PaLM's requests take.
type palmSampling struct {
	Temperature    float64  `json:"temperature"`
	TopP           *float64 `json:"topP,omitempty"`
	TopK           int      `json:"topK,omitempty"`
	CandidateCount int      `json:"candidateCount"`
}

func newPalmSampling(r Request) palmSampling {
	return palmSampling{Temperature: r.Temperature, TopP: r.nucleus(), TopK: r.TopK, CandidateCount: r.texts()}
}

// palmMessage is POST …/models/{model}:generateMessage. It takes no bound of tokens and no stop strings, says no
// reason for an end and counts nothing.
func palmMessage() codec {
	type message struct {
		Author  string `json:"author"`
		Content string `json:"content"`
	}
	type prompt struct {
		Context  string    `json:"context,omitempty"`
		Messages []message `json:"messages"`
	}
	return codec{
		encode: func(_ string, r Request) any {
			b := struct {
				Prompt prompt `json:"prompt"`
				palmSampling
			}{palmSampling: newPalmSampling(r)}
			system, turns := r.dialogue()
			b.Prompt.Context = system
			for i, author := range roleNames(turns, "bot") {
				b.Prompt.Messages = append(b.Prompt.Messages, message{author, turns[i].Content})
			}
			return b
		},
		decode: func(body []byte, out *result) error {
			a, err := decodeJSON[struct {
				Candidates []message `json:"candidates"`
				Filters    []any     `json:"filters"`
			}](body)
			if err != nil {
				return err
			}
			texts := make([]string, len(a.Candidates))
			for i, c := range a.Candidates {
				texts[i] = c.Content
			}
			return palmTexts(texts, len(a.Filters) > 0, out)
		},
	}
}

// palmText is POST …/models/{model}:generateText.
func palmText() codec {
	type prompt struct {
		Text string `json:"text"`
	}
	return codec{
		encode: func(_ string, r Request) any {
			return struct {
				Prompt prompt `json:"prompt"`
				palmSampling
				MaxOutputTokens int      `json:"maxOutputTokens,omitempty"`
				StopSequences   []string `json:"stopSequences,omitempty"`
			}{prompt{r.Prompt}, newPalmSampling(r), r.MaxTokens, r.Stop}
		},
		decode: func(body []byte, out *result) error {
			a, err := decodeJSON[struct {
				Candidates []struct {
					Output string `json:"output"`
				} `json:"candidates"`
				Filters []any `json:"filters"`
			}](body)
			if err != nil {
				return err
			}
			texts := make([]string, len(a.Candidates))
			for i, c := range a.Candidates {
				texts[i] = c.Output
			}
			return palmTexts(texts, len(a.Filters) > 0, out)
		},
	}
}

// palmTexts takes in candidates; there are none where a filter held them back.
func palmTexts(texts []string, filtered bool, out *result) error {
	if len(texts) == 0 && !filtered {
		return &Error{Kind: ErrMalformed, Message: "no candidates"}
	}
	for i := range out.texts {
		p := Piece{Choice: i, Finish: "safety"}
		if i < len(texts) {
			p = Piece{Choice: i, Text: texts[i], Finish: "stop"}
		}
		if err := out.add(p); err != nil {
			return err
		}
	}
	return nil
}

// palmEmbed is POST …/models/{model}:batchEmbedText.
func palmEmbed() embedCodec {
	return embedCodec{
		batch: 100,
		encode: func(_ string, inputs []string) any {
			return struct {
				Texts []string `json:"texts"`
			}{inputs}
		},
		decode: func(body []byte, out *Embeddings) error {
			a, err := decodeJSON[struct {
				Embeddings []struct {
					Value []float32 `json:"value"`
				} `json:"embeddings"`
			}](body)
			for _, e := range a.Embeddings {
				out.Vectors = append(out.Vectors, e.Value)
			}
			return err
		},
	}
}
