package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/engine"
)

// load is a mix of prompts, greedy and sampled, with logprobs as a witness of the
// logits' bits.
func load() []engine.Request {
	shared := "You answer questions about model serving. Be brief, be kind, and never guess. "
	var out []engine.Request
	for i, q := range []string{
		"What is batching?", "What is a token?", "Explain the KV cache.", "Hello!", "What is a plan?", "Why is decoding slow?",
		"What is provisioned throughput?", "What is drift?", strings.Repeat("a long prompt ", 30), "Thanks!",
	} {
		r := engine.Request{
			Messages:  []engine.Message{{Role: "system", Content: shared}, {Role: "user", Content: q}},
			MaxTokens: 8 + 3*i, Logprobs: true, TopLogprobs: 2, Seed: uint64(i),
		}
		if i%3 == 2 {
			r.Temperature, r.TopP = 0.9, 0.95
		}
		out = append(out, r)
	}
	return out
}

func describe(a answer) string { return fmt.Sprintf("%q %v %v", a.text, a.finish, a.logprobs) }

// TestInvariance checks that what stands beside a request, how it is cut, and
// what the cache still holds change no bit of its answer.
func TestInvariance(t *testing.T) {
	for _, format := range []engine.Format{engine.AsStored, engine.F32, engine.Int8} {
		t.Run("format="+string(format), func(t *testing.T) {
			t.Parallel()
			want := make([]string, 0, len(load()))
			alone := open(t, engine.Options{MaxSequences: 1, Format: format, Threads: 1})
			for _, r := range load() {
				want = append(want, describe(complete(t, alone, r)))
			}
			for _, c := range []struct {
				name    string
				options engine.Options
				check   func(engine.Metrics) bool
			}{
				{"batch", engine.Options{}, func(m engine.Metrics) bool {
					return m.Preemptions == 0 && m.PrefixCacheHits == 0 || m.PrefixCacheHits > 0
				}},
				{"two threads", engine.Options{Threads: 2}, nil},
				{"chunked", engine.Options{MaxSequences: 4, TokenBudget: 7}, nil},
				{"small blocks", engine.Options{BlockSize: 3}, nil},
				{"preempted", engine.Options{BlockSize: 4, Blocks: 44}, func(m engine.Metrics) bool { return m.Preemptions > 0 }},
				{"static", engine.Options{MaxSequences: 3, Static: true}, nil},
			} {
				t.Run(c.name, func(t *testing.T) {
					c.options.Format = format
					if c.options.Threads == 0 {
						c.options.Threads = 1
					}
					e := open(t, c.options)
					compare(t, e, want)
					// On a busy machine requests can come too slowly to meet.
					for range 20 {
						if c.check == nil || c.check(e.Metrics()) {
							return
						}
						compare(t, e, want)
					}
					t.Errorf("the case was not reached: %+v", e.Metrics())
				})
			}
			t.Run("prefix hit", func(t *testing.T) {
				compare(t, alone, want)
				if alone.Metrics().PrefixCacheHits == 0 {
					t.Error("no prefix was hit")
				}
			})
		})
	}
}

// compare runs the load all at once.
func compare(t *testing.T, e *engine.Engine, want []string) {
	t.Helper()
	var streams []*engine.Stream
	for _, r := range load() {
		streams = append(streams, submit(t, e, r))
	}
	for i, s := range streams {
		if got := describe(read(t, s)); got != want[i] {
			t.Errorf("request %d:\n got %s\nwant %s", i, got, want[i])
		}
	}
}

func TestEmbeddingInvariance(t *testing.T) {
	inputs := []string{"a serving endpoint", strings.Repeat("many words ", 40), "x"}
	whole := open(t, engine.Options{})
	want, usage, err := whole.Embed(context.Background(), inputs)
	if err != nil || len(want) != 3 || len(want[0]) != whole.Info().HiddenSize || usage.PromptTokens < 80 {
		t.Fatal(len(want), usage, err)
	}
	for _, o := range []engine.Options{{MaxSequences: 3, TokenBudget: 5}, {MaxSequences: 1}} {
		e := open(t, o)
		for range 2 { // the second time the prefix is known, and must be computed all the same
			got, _, err := e.Embed(context.Background(), inputs)
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if !slices.Equal(got[i], want[i]) {
					t.Errorf("%+v: input %d differs", o, i)
				}
			}
		}
	}
}

// TestArrivalsDoNotChangeALongPrompt lets short requests come all the time while
// a long one is computed, so that its steps are given up and cut smaller.
func TestArrivalsDoNotChangeALongPrompt(t *testing.T) {
	long := engine.Request{Prompt: strings.Repeat("a long prompt about serving ", 90), MaxTokens: 20, Logprobs: true, TopLogprobs: 2}
	short := engine.Request{Prompt: "What is a token?", MaxTokens: 3, Logprobs: true}
	alone := open(t, engine.Options{MaxSequences: 1})
	wantLong, wantShort := describe(complete(t, alone, long)), describe(complete(t, alone, short))
	e := open(t, engine.Options{TokenBudget: 128})
	s := submit(t, e, long)
	met := 0
	for e.Metrics().PromptTokens < 200 { // the long prompt counts when its first token comes
		if got := describe(complete(t, e, short)); got != wantShort {
			t.Errorf("short:\n got %s\nwant %s", got, wantShort)
		}
		met++
	}
	if got := describe(read(t, s)); got != wantLong {
		t.Errorf("long, beside %d others:\n got %s\nwant %s", met, got, wantLong)
	}
}

// TestStaticBatchIsARectangle counts steps: a static batch lasts until its longest
// sequence has ended and lets nobody in before; a continuous one fills each place
// as it falls free.
func TestStaticBatchIsARectangle(t *testing.T) {
	run := func(static bool) (steps int, lengths []int) {
		e := open(t, engine.Options{MaxSequences: 2, Static: static})
		// One request, so that all choices arrive at once; they end at the first "m".
		a := complete(t, e, engine.Request{Prompt: "What is", MaxTokens: 40, N: 6, Temperature: 1.5, Seed: 4, Stop: []string{"m"}, Logprobs: true})
		for _, l := range a.logprobs {
			lengths = append(lengths, len(l))
		}
		return int(e.Metrics().Steps), lengths
	}
	steps, lengths := run(true)
	want := 0
	for i := 0; i < len(lengths); i += 2 {
		want += max(lengths[i], lengths[i+1])
	}
	if steps != want {
		t.Errorf("static: %d steps for %v, want %d", steps, lengths, want)
	}
	steps, _ = run(false)
	var places [2]int // when each falls free
	for _, n := range lengths {
		if places[0] > places[1] {
			places[0], places[1] = places[1], places[0]
		}
		places[0] += n
	}
	if continuous := max(places[0], places[1]); steps != continuous || continuous >= want {
		t.Errorf("continuous: %d steps for %v, want %d; static takes %d", steps, lengths, continuous, want)
	}
}

// TestConcurrentCallers submits from many goroutines at once.
func TestConcurrentCallers(t *testing.T) {
	e := open(t, engine.Options{MaxSequences: 4, Blocks: 40})
	want := complete(t, e, engine.Request{Prompt: "What is a", MaxTokens: 12}).text[0]
	var wg sync.WaitGroup
	for range 24 {
		wg.Go(func() {
			s, err := e.Submit(context.Background(), engine.Request{Prompt: "What is a", MaxTokens: 12})
			if err != nil {
				t.Error(err)
				return
			}
			if a, _ := drain(s); len(a.text) != 1 || a.text[0] != want {
				t.Errorf("got %q, want %q", a.text, want)
			}
		})
	}
	wg.Wait()
	if m := e.Metrics(); m.RequestsRunning+m.RequestsWaiting != 0 || m.KVCacheUsage != 0 {
		t.Errorf("something is left: %+v", m)
	}
}
