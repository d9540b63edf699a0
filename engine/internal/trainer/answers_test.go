package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/engine"
)

// paraphrases are ways to ask that the corpus has not, with one that it has.
var paraphrases = []struct{ asked, known string }{
	{"What is meant by a KV cache?", "What is a KV cache?"},
	{"Please explain continuous batching.", "Explain continuous batching."},
	{"Can you explain prefill?", "What is prefill?"},
	{"Tell me about traffic splits.", "Explain traffic splits."},
	{"Tell me about provisioned throughput.", "Explain provisioned throughput."},
	{"What are serving endpoints?", "What is a serving endpoint?"},
	{"Explain quantization.", "What is quantization?"},
	{"Explain paged attention.", "What is paged attention?"},
	{"Please explain what a token is.", "What is a token?"},
	{"What does greedy decoding mean?", "What is greedy decoding?"},
	{"Explain scale to zero.", "What is scale to zero?"},
	{"What is meant by drift?", "What is drift?"},
	{"Explain drift.", "What is drift?"},
	{"Hi there!", "Hello!"},
	{"Hello there", "Hello!"},
	{"Who are you really?", "Who are you?"},
	{"What is MLflow good for?", "What is MLflow?"},
	{"Explain embedding.", "What is an embedding?"},
	{"What do you mean by latency?", "What is latency?"},
	{"How can I create a serving endpoint?", "How do I create a serving endpoint?"},
	{"How can I delete an endpoint?", "How do I delete an endpoint?"},
	{"What is the point of streaming?", "What is streaming?"},
	{"Explain temperature to me.", "Explain temperature."},
	{"What does a terraform plan show?", "What is a plan?"},
}

// strangers are topics that training never saw.
var strangers = []string{"dolphins", "Saturn", "Norway", "Madrid", "hockey", "pancakes", "trumpets", "Picasso", "a dragon", "submarines", "silver", "electricity", "loneliness", "trigonometry", "sculpture", "tulips", "tea", "a knight"}

// ask is the greedy answer to each question, all at once.
func ask(t *testing.T, e *engine.Engine, system string, questions []string) []string {
	t.Helper()
	var streams []*engine.Stream
	for _, q := range questions {
		r := engine.Request{Messages: []engine.Message{{Role: "user", Content: q}}, MaxTokens: 64}
		if system != "" {
			r.Messages = append([]engine.Message{{Role: "system", Content: system}}, r.Messages...)
		}
		s, err := e.Submit(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		streams = append(streams, s)
	}
	out := make([]string, len(streams))
	for i, s := range streams {
		for {
			ev, err := s.Next(context.Background())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			out[i] += ev.Text
		}
	}
	return out
}

// TestDefaultAnswers asks the embedded model what it was trained on, in other
// dress, by other words, and what it should not know.
func TestDefaultAnswers(t *testing.T) {
	c, err := loadCorpus()
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.Default(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	known := map[string]string{}
	var some, paraphrased, strange []question
	for i, q := range c.questions {
		known[q.text] = q.answer
		if i%4 == 0 {
			some = append(some, q)
		}
	}
	for _, p := range paraphrases {
		paraphrased = append(paraphrased, question{p.asked, known[p.known]})
	}
	for i, topic := range strangers {
		f := c.offTopic[i%len(c.offTopic)]
		strange = append(strange, question{fmt.Sprintf(f.questions[i%len(f.questions)], topic), f.answer})
	}
	same := func(q string) string { return q }
	for _, x := range []struct {
		name, system string
		questions    []question
		dress        func(string) string
		want         float64 // part of the answers that must be right to the letter
	}{
		{"as trained", "", c.questions, same, 0.99},
		{"lower case", "", some, strings.ToLower, 0.95},
		{"without a mark", "", some, func(q string) string { return strings.TrimRight(q, ".?!") }, 0.99},
		{"under a known system prompt", "You are a helpful assistant.", some, same, 0.99},
		{"under another system prompt", "You are the assistant of a small team of engineers. Do your best.", some, same, 0.88},
		{"paraphrased", "", paraphrased, same, 0.8},
		{"off topic", "", strange, same, 0.9},
	} {
		t.Run(x.name, func(t *testing.T) {
			var in []string
			for _, q := range x.questions {
				in = append(in, x.dress(q.text))
			}
			right := 0
			for i, got := range ask(t, e, x.system, in) {
				if got == x.questions[i].answer {
					right++
					continue
				}
				t.Logf("%q: %q", in[i], got)
			}
			rate := float64(right) / float64(len(in))
			t.Logf("%d of %d answers are right", right, len(in))
			if rate < x.want {
				t.Errorf("%.1f %% of the answers are right, want %.0f %%", 100*rate, 100*x.want)
			}
		})
	}
}
