package mockserver

import (
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
	prompt := []byte(r.prompt)
	for _, m := range r.messages {
		prompt = append(append(append(append(prompt, m.Role...), ": "...), m.Content...), '\n')
	}
	seed := fnv.New64a()
	_, _ = seed.Write(prompt) // a hash never fails
	s := &simulatedStream{request: r, prompt: countWords(string(prompt)), texts: make([]string, r.n), sizes: make([]int, r.n), done: make([]bool, r.n)}
	if r.temperature == 0 {
		r.seed = 0
	}
	for i := range r.n {
		s.rngs = append(s.rngs, rand.New(rand.NewPCG(seed.Sum64(), r.seed+uint64(i))))
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
		tokens += countWords(in)
	}
	return out, tokens, nil
}

func (simulated) close() error { return nil }

func countWords(s string) int {
	n := 0
	for range strings.FieldsSeq(s) {
		n++
	}
	return max(1, n)
}

type simulatedStream struct {
	request generation
	prompt  int
	rngs    []*rand.Rand
	texts   []string
	sizes   []int
	done    []bool
	turn    int
}

func (s *simulatedStream) usage() (prompt, completion int) {
	for _, n := range s.sizes {
		completion += n
	}
	return s.prompt, completion
}

// next gives the choices a word each, in turns.
func (s *simulatedStream) next(ctx context.Context) (piece, error) {
	if err := ctx.Err(); err != nil {
		return piece{}, err
	}
	for range s.done {
		i := s.turn % len(s.done)
		s.turn++
		if !s.done[i] {
			return s.word(i), nil
		}
	}
	return piece{}, io.EOF
}

func (s *simulatedStream) word(i int) piece {
	p := piece{choice: i, text: simulatedWords[s.rngs[i].IntN(len(simulatedWords))]}
	if s.sizes[i] == 0 {
		p.text = p.text[1:]
	}
	s.sizes[i]++
	if len(s.request.stop) > 0 {
		p = s.cut(i, p)
	}
	if p.finish == "" && s.sizes[i] >= s.request.maxTokens {
		p.finish = "length"
	}
	s.done[i] = p.finish != ""
	if s.request.logprobs {
		p.logprobs = []api.TokenLogprob{simulatedLogprob(p.text, len(simulatedWords))}
	}
	return p
}

// cut ends a choice before the first stop string in it.
func (s *simulatedStream) cut(i int, p piece) piece {
	before := s.texts[i]
	s.texts[i] += p.text
	at := firstStop(s.texts[i], s.request.stop)
	if at < 0 {
		return p
	}
	p.text, p.finish = s.texts[i][min(at, len(before)):at], "stop"
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
