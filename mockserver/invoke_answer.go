package mockserver

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// answer holds what all answers of an invocation repeat.
type answer struct {
	id      string
	created int64
	model   string
	entity  string
	charge  func(api.Usage) // called once, when the answer has ended
}

// choice is a finished text.
type choice struct {
	text     strings.Builder
	logprobs []api.TokenLogprob
	finish   string
}

// collect reads a stream to its end.
func collect(ctx context.Context, stream tokenStream, n int) ([]choice, error) {
	choices := make([]choice, n)
	for {
		p, err := stream.next(ctx)
		if errors.Is(err, io.EOF) {
			return choices, nil
		}
		if err != nil {
			return nil, backendError(err)
		}
		c := &choices[p.choice]
		c.text.WriteString(p.text)
		c.logprobs = append(c.logprobs, p.logprobs...)
		if p.finish != "" {
			c.finish = p.finish
		}
	}
}

func usageOf(streams []tokenStream) api.Usage {
	var u api.Usage
	for _, s := range streams {
		prompt, completion := s.usage()
		u.PromptTokens += prompt
		u.CompletionTokens += completion
	}
	u.TotalTokens = u.PromptTokens + u.CompletionTokens
	return u
}

func (a answer) json(v any) response {
	return jsonResponse{value: v, header: map[string]string{api.ServedModelHeader: a.entity}}
}

// predictions answers in the optimised-LLM format: a prediction per row, its candidates in it.
func (a answer) predictions(ctx context.Context, q query, streams []tokenStream) (response, error) {
	defer func() { a.charge(usageOf(streams)) }()
	out := api.Predictions{}
	for i, stream := range streams {
		choices, err := collect(ctx, stream, q.generations[i].n)
		if err != nil {
			return nil, err
		}
		var p api.Prediction
		for c := range choices {
			p.Candidates = append(p.Candidates, api.Candidate{Text: choices[c].text.String(), Metadata: api.CandidateMetadata{FinishReason: choices[c].finish}})
		}
		out.Predictions = append(out.Predictions, p)
	}
	u := usageOf(streams)
	out.Metadata = &api.PredictionMetadata{InputTokens: u.PromptTokens, OutputTokens: u.CompletionTokens, TotalTokens: u.TotalTokens}
	return a.json(out), nil
}

// completion answers chat and completions in OpenAI's form.
func (a answer) completion(ctx context.Context, q query, streams []tokenStream) (response, error) {
	defer func() { a.charge(usageOf(streams)) }()
	out := a.frame(q.form)
	for i, stream := range streams {
		choices, err := collect(ctx, stream, q.generations[i].n)
		if err != nil {
			return nil, err
		}
		for c := range choices {
			text := choices[c].text.String()
			choice := api.Choice{Index: len(out.Choices), FinishReason: &choices[c].finish, Logprobs: logprobsOf(q.form, choices[c].logprobs)}
			if q.form == formChat {
				choice.Message = &api.ChatMessage{Role: "assistant", Content: text}
			} else {
				choice.Text = &text
			}
			out.Choices = append(out.Choices, choice)
		}
	}
	u := usageOf(streams)
	out.Usage = &u
	return &completionResponse{out, a.entity}, nil
}

// completionResponse is a whole answer in OpenAI's form.
type completionResponse struct {
	api.Completion
	entity string
}

func (c *completionResponse) write(w http.ResponseWriter) error {
	w.Header()[servedModelHeader] = []string{c.entity}
	return writeBody(w, "application/json", http.StatusOK, appendCompletion(make([]byte, 0, answerSize), &c.Completion))
}

// answerSize is what most answers and frames fit in, in bytes.
const answerSize = 512

// logprobsOf writes log probabilities in the form's own way.
func logprobsOf(f form, l []api.TokenLogprob) *api.ChoiceLogprobs {
	switch {
	case l == nil:
		return nil
	case f == formChat:
		return &api.ChoiceLogprobs{Content: l}
	}
	out := &api.ChoiceLogprobs{}
	for _, token := range l {
		top := map[string]float64{}
		for _, t := range token.TopLogprobs {
			top[t.Token] = t.Logprob
		}
		out.Tokens, out.TokenLogprobs = append(out.Tokens, token.Token), append(out.TokenLogprobs, token.Logprob)
		out.TopLogprobs = append(out.TopLogprobs, top)
	}
	return out
}

// frame is an answer without choices.
func (a answer) frame(f form) api.Completion {
	object := "text_completion"
	if f == formChat {
		object = "chat.completion"
	}
	return api.Completion{ID: a.id, Object: object, Created: a.created, Model: a.model, Choices: []api.Choice{}}
}

func (a answer) embeddings(ctx context.Context, b backend, q query) (response, error) {
	vectors, tokens, err := b.embed(ctx, q.inputs)
	if err != nil {
		return nil, backendError(err)
	}
	usage := &api.Usage{PromptTokens: tokens, TotalTokens: tokens}
	a.charge(*usage)
	if q.packed {
		out := api.PackedEmbeddings{Object: "list", Model: a.model, Usage: usage}
		for i, v := range vectors {
			out.Data = append(out.Data, api.PackedEmbedding{Object: "embedding", Index: i, Embedding: pack(v)})
		}
		return a.json(out), nil
	}
	out := api.Embeddings{Object: "list", Model: a.model, Usage: usage}
	for i, v := range vectors {
		out.Data = append(out.Data, api.Embedding{Object: "embedding", Index: i, Embedding: v})
	}
	return a.json(out), nil
}

// pack is OpenAI's base64 form of a vector.
func pack(v []float32) string {
	b := make([]byte, 0, 4*len(v))
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return base64.StdEncoding.EncodeToString(b)
}

// hashID makes 24 hex digits of its parts.
func hashID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:12])
}
