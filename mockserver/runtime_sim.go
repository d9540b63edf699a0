package mockserver

import (
	"bytes"
	"context"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// simulated answers with deterministic words: the same prompt and seed give the same text, greedy ones whatever the seed is. It measures the
// server apart from a model, and needs neither goroutines nor memory.
type simulated struct{}

func openSimulated(string) (backend, error) { return simulated{}, nil }

// simulatedWords are its tokens. The first of a text comes without its blank.
var simulatedWords = [...]string{
	" the", " model", " serves", " a", " request", " and", " the", " answer", " is", " a", " list", " of", " tokens", " that",
	" nobody", " has", " trained", " so", " each", " word", " stands", " for", " one", " token", " while", " the",
	" endpoint", " routes", " traffic", " by", " weight", " to", " its", " entities",
}

func (simulated) generate(_ context.Context, r generation) (tokenStream, error) {
	var room [512]byte
	prompt := append(room[:0], r.prompt...)
	for _, m := range r.messages {
		prompt = append(append(append(append(prompt, m.Role...), ": "...), m.Content...), '\n')
	}
	seed := fnv.New64a()
	_, _ = seed.Write(prompt) // a hash never fails
	s := &simulatedStream{request: r, prompt: countWords(prompt), texts: make([]simulatedText, r.n)}
	if r.temperature == 0 {
		r.seed = 0
	}
	for i := range s.texts {
		t := &s.texts[i]
		t.source = *rand.NewPCG(seed.Sum64(), r.seed+uint64(i))
		t.rng = *rand.New(&t.source)
	}
	return s, nil
}

func (simulated) embed(_ context.Context, inputs []string) ([][]float32, int, error) {
	out, tokens := make([][]float32, len(inputs)), 0
	for i, in := range inputs {
		h := fnv.New64a()
		_, _ = io.WriteString(h, in) // a hash never fails
		rng := rand.New(rand.NewPCG(h.Sum64(), 0))
		for range 16 {
			out[i] = append(out[i], float32(rng.NormFloat64()))
		}
		tokens += countWords([]byte(in))
	}
	return out, tokens, nil
}

func (simulated) close() error { return nil }

func countWords(s []byte) int {
	n := 0
	for range bytes.FieldsSeq(s) {
		n++
	}
	return max(1, n)
}

type simulatedStream struct {
	request generation
	prompt  int
	texts   []simulatedText
	turn    int
}

// simulatedText is one choice so far.
type simulatedText struct {
	source rand.PCG
	rng    rand.Rand
	text   string // as far as stop strings want to know
	size   int
	done   bool
}

func (s *simulatedStream) usage() (prompt, completion int) {
	for i := range s.texts {
		completion += s.texts[i].size
	}
	return s.prompt, completion
}

// next gives the choices a word each, in turns.
func (s *simulatedStream) next(ctx context.Context) (piece, error) {
	if err := ctx.Err(); err != nil {
		return piece{}, err
	}
	for range s.texts {
		i := s.turn % len(s.texts)
		s.turn++
		if !s.texts[i].done {
			return s.word(i), nil
		}
	}
	return piece{}, io.EOF
}

func (s *simulatedStream) word(i int) piece {
	t := &s.texts[i]
	p := piece{choice: i, text: simulatedWords[t.rng.IntN(len(simulatedWords))]}
	if t.size == 0 {
		p.text = p.text[1:]
	}
	t.size++
	if len(s.request.stop) > 0 {
		p = t.cut(p, s.request.stop)
	}
	if p.finish == "" && t.size >= s.request.maxTokens {
		p.finish = "length"
	}
	t.done = p.finish != ""
	if s.request.logprobs {
		p.logprobs = []api.TokenLogprob{simulatedLogprob(p.text, len(simulatedWords))}
	}
	return p
}

// cut ends a choice before the first stop string in it.
func (t *simulatedText) cut(p piece, stops []string) piece {
	before := len(t.text)
	t.text += p.text
	at := firstStop(t.text, stops)
	if at < 0 {
		return p
	}
	p.text, p.finish = t.text[min(at, before):at], "stop"
	return p
}

func simulatedLogprob(token string, words int) api.TokenLogprob {
	bytes := make([]int, len(token))
	for i := range len(token) {
		bytes[i] = int(token[i])
	}
	return api.TokenLogprob{Token: token, Logprob: -math.Log(float64(words)), Bytes: bytes}
}

// firstStop is where the first stop string begins; -1 for none.
func firstStop(s string, stops []string) int {
	first := -1
	for _, stop := range stops {
		if i := strings.Index(s, stop); stop != "" && i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	return first
}
