package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/inference-iac/terraform-provider-inference/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens the embedded model and closes it with the test.
func open(t testing.TB, o engine.Options) *engine.Engine {
	t.Helper()
	e, err := engine.Default(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// answer is everything that a request yields, by choice.
type answer struct {
	text     []string
	finish   []string
	logprobs [][]engine.TokenLogprob
	usage    engine.Usage
}

func submit(t testing.TB, e *engine.Engine, r engine.Request) *engine.Stream {
	t.Helper()
	s, err := e.Submit(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// read waits for the end of a stream.
func read(t testing.TB, s *engine.Stream) answer {
	t.Helper()
	a, err := drain(s)
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return a
}

func drain(s *engine.Stream) (answer, error) {
	var a answer
	for {
		ev, err := s.Next(context.Background())
		if err != nil {
			a.usage = s.Usage()
			return a, err
		}
		for len(a.text) <= ev.Choice {
			a.text, a.finish, a.logprobs = append(a.text, ""), append(a.finish, ""), append(a.logprobs, nil)
		}
		if a.finish[ev.Choice] != "" {
			return a, fmt.Errorf("choice %d goes on after %s", ev.Choice, a.finish[ev.Choice])
		}
		a.text[ev.Choice] += ev.Text
		a.finish[ev.Choice] = ev.FinishReason
		a.logprobs[ev.Choice] = append(a.logprobs[ev.Choice], ev.Logprobs...)
	}
}

func complete(t testing.TB, e *engine.Engine, r engine.Request) answer {
	t.Helper()
	return read(t, submit(t, e, r))
}

func chat(content string) engine.Request {
	return engine.Request{Messages: []engine.Message{{Role: "user", Content: content}}}
}

func TestDefaultAnswersInEnglish(t *testing.T) {
	e := open(t, engine.Options{})
	for _, c := range []struct{ question, want string }{
		{"What is continuous batching?", "requests join and leave"},
		{"What is provisioned throughput?", "tokens per second"},
		{"what is a traffic split", "percent"},
		{"What is TTFT?", "first token"},
		{"What is Terraform?", "infrastructure"},
	} {
		a := complete(t, e, chat(c.question))
		if !strings.Contains(a.text[0], c.want) || a.finish[0] != engine.FinishStop {
			t.Errorf("%s -> %q (%s); want something with %q", c.question, a.text[0], a.finish[0], c.want)
		}
	}
	a := complete(t, e, engine.Request{Prompt: "Hello, I'm a language model,", MaxTokens: 40})
	if !strings.Contains(a.text[0], " and I ") {
		t.Errorf("%q", a.text[0])
	}
}

func TestInfo(t *testing.T) {
	i := open(t, engine.Options{}).Info()
	if i.Architecture != "LlamaForCausalLM" || i.Family != "llama" || i.ContextLength != 1024 || i.Vocabulary != 1024 || i.Parameters < 500_000 {
		t.Errorf("%+v", i)
	}
	if !slices.Equal(i.Tasks, []string{engine.TaskCompletions, engine.TaskChat, engine.TaskEmbeddings}) {
		t.Errorf("tasks %v", i.Tasks)
	}
}

func TestLengthAndUsage(t *testing.T) {
	e := open(t, engine.Options{})
	a := complete(t, e, engine.Request{Prompt: "Hello", MaxTokens: 3})
	if a.finish[0] != engine.FinishLength || a.usage != (engine.Usage{PromptTokens: 2, CompletionTokens: 3}) {
		t.Errorf("%+v", a)
	}
}

func TestContextEndsTheAnswer(t *testing.T) {
	e := open(t, engine.Options{Blocks: 2, BlockSize: 8})
	a := complete(t, e, engine.Request{Prompt: "Monday, Tuesday,", Temperature: 2, Seed: 3})
	if a.finish[0] != engine.FinishLength || a.usage.PromptTokens+a.usage.CompletionTokens != 16 {
		t.Errorf("%+v", a)
	}
}

func TestChoices(t *testing.T) {
	e := open(t, engine.Options{})
	r := engine.Request{Prompt: "What is", MaxTokens: 8, N: 4, Temperature: 1.5, Seed: 5}
	a := complete(t, e, r)
	if len(a.text) != 4 || a.text[0] == a.text[1] && a.text[1] == a.text[2] {
		t.Errorf("%q", a.text)
	}
	r.N = 1
	if one := complete(t, e, r); one.text[0] != a.text[0] {
		t.Errorf("alone %q, beside others %q", one.text[0], a.text[0])
	}
}

func TestStopString(t *testing.T) {
	e := open(t, engine.Options{})
	full := complete(t, e, chat("What is a token?")).text[0]
	for n := 1; n < 6; n++ { // strings of all lengths, so that some cross borders of tokens
		for at := 3; at+n < len(full) && at < 30; at += 5 {
			r := chat("What is a token?")
			r.Stop = []string{full[at : at+n]}
			a := complete(t, e, r)
			if want := full[:strings.Index(full, r.Stop[0])]; a.text[0] != want || a.finish[0] != engine.FinishStop {
				t.Errorf("stop %q: got %q (%s), want %q", r.Stop[0], a.text[0], a.finish[0], want)
			}
		}
	}
}

func TestEventsAreValidText(t *testing.T) {
	e := open(t, engine.Options{})
	s := submit(t, e, engine.Request{Prompt: "é 日本 🙂", MaxTokens: 200, Temperature: 2, Seed: 11})
	for {
		ev, err := s.Next(context.Background())
		if err != nil {
			return
		}
		if !utf8.ValidString(ev.Text) {
			t.Errorf("%q", ev.Text)
		}
	}
}

func TestLogprobs(t *testing.T) {
	e := open(t, engine.Options{})
	a := complete(t, e, engine.Request{Prompt: "What is a", MaxTokens: 5, Logprobs: true, TopLogprobs: 3})
	if len(a.logprobs[0]) != a.usage.CompletionTokens {
		t.Fatalf("%d logprobs for %d tokens", len(a.logprobs[0]), a.usage.CompletionTokens)
	}
	text := ""
	for _, l := range a.logprobs[0] {
		if l.Logprob > 0 || len(l.Top) != 3 || l.Top[0].Token != l.Token || l.Top[0].Logprob < l.Top[1].Logprob {
			t.Errorf("%+v", l)
		}
		text += string(l.Bytes)
	}
	if text != a.text[0] {
		t.Errorf("tokens spell %q, the text is %q", text, a.text[0])
	}
}

func TestInvalidRequests(t *testing.T) {
	e := open(t, engine.Options{})
	for _, c := range []struct {
		r     engine.Request
		want  error
		field string
	}{
		{engine.Request{Prompt: "x", MaxTokens: -1}, engine.ErrInvalidRequest, "max_tokens"},
		{engine.Request{Prompt: "x", Temperature: -1}, engine.ErrInvalidRequest, "temperature"},
		{engine.Request{Prompt: "x", TopP: 2}, engine.ErrInvalidRequest, "top_p"},
		{engine.Request{Prompt: "x", TopK: -2}, engine.ErrInvalidRequest, "top_k"},
		{engine.Request{Prompt: "x", N: -1}, engine.ErrInvalidRequest, "n must"},
		{engine.Request{Prompt: "x", N: 1e6}, engine.ErrInvalidRequest, "n must"},
		{engine.Request{Prompt: "x", TopLogprobs: 1}, engine.ErrInvalidRequest, "top_logprobs"},
		{engine.Request{Prompt: "x", Logprobs: true, TopLogprobs: 99}, engine.ErrInvalidRequest, "top_logprobs"},
		{engine.Request{Prompt: "x", Stop: make([]string, 100)}, engine.ErrInvalidRequest, "stop"},
		{engine.Request{Prompt: "x", Messages: []engine.Message{{Role: "user"}}}, engine.ErrInvalidRequest, "messages"},
		{engine.Request{Messages: []engine.Message{{Content: "x"}}}, engine.ErrInvalidRequest, "messages[0].role"},
		{engine.Request{Prompt: strings.Repeat("word ", 2000)}, engine.ErrTooLong, "tokens"},
	} {
		if _, err := e.Submit(context.Background(), c.r); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.field) {
			t.Errorf("%.60v: got %v; want %v naming %s", c.r, err, c.want, c.field)
		}
	}
	for _, c := range []struct {
		inputs []string
		want   error
	}{{nil, engine.ErrInvalidRequest}, {[]string{strings.Repeat("word ", 2000)}, engine.ErrTooLong}} {
		if _, _, err := e.Embed(context.Background(), c.inputs); !errors.Is(err, c.want) {
			t.Errorf("embed: got %v; want %v", err, c.want)
		}
	}
}

func TestCancellationFreesWithinOneStep(t *testing.T) {
	e := open(t, engine.Options{MaxSequences: 1})
	ctx, cancel := context.WithCancelCause(context.Background())
	s, err := e.Submit(ctx, engine.Request{Prompt: "Once upon a time", Temperature: 2, Seed: 1, N: 100})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Next(context.Background()); err != nil {
		t.Fatal(err)
	}
	waiting := submit(t, e, engine.Request{Prompt: "Hello", MaxTokens: 1})
	gone := errors.New("gone")
	cancel(gone)
	for err == nil {
		_, err = s.Next(context.Background())
	}
	if !errors.Is(err, gone) {
		t.Errorf("got %v, want the cause", err)
	}
	read(t, waiting) // it gets the only place
	if m := e.Metrics(); m.RequestSuccess["abort"] == 0 || m.KVCacheUsage != 0 {
		t.Errorf("%+v", m)
	}
}

func TestNextObeysItsOwnContext(t *testing.T) {
	e := open(t, engine.Options{})
	s := submit(t, e, engine.Request{Prompt: "Hello", MaxTokens: 4})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var err error
	for err == nil {
		_, err = s.Next(ctx) // events that are there may come first
	}
	if errors.Is(err, context.Canceled) {
		read(t, s) // the request itself goes on
	}
}

func TestCloseEndsEverything(t *testing.T) {
	e, err := engine.Default(engine.Options{MaxSequences: 1})
	if err != nil {
		t.Fatal(err)
	}
	var streams []*engine.Stream
	for range 3 {
		streams = append(streams, submit(t, e, engine.Request{Prompt: "Once upon", Temperature: 2}))
	}
	for range 2 {
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range streams {
		if _, err := drain(s); !errors.Is(err, engine.ErrClosed) && !errors.Is(err, io.EOF) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := e.Submit(context.Background(), engine.Request{Prompt: "x"}); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("submit after close: %v", err)
	}
	if _, _, err := e.Embed(context.Background(), []string{"x"}); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("embed after close: %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []engine.Options{{MaxSequences: -1}, {TokenBudget: 4, MaxSequences: 8}, {Format: "int3"}, {Blocks: 1, BlockSize: 1}} {
		if e, err := engine.Default(o); err == nil {
			_ = e.Close()
			t.Errorf("%+v is accepted", o)
		}
	}
}

func TestMetrics(t *testing.T) {
	e := open(t, engine.Options{})
	for range 2 {
		complete(t, e, chat("What is a serving endpoint? Please explain it to me in a few words."))
	}
	m := e.Metrics()
	if m.PromptTokens == 0 || m.GenerationTokens == 0 || m.Steps == 0 || m.PrefixCacheHits < 16 || m.RequestSuccess[engine.FinishStop] != 2 {
		t.Errorf("%+v", m)
	}
	for _, h := range []engine.Histogram{m.TimeToFirstToken, m.TimePerOutputToken, m.QueueTime, m.RequestLatency} {
		if h.Count != 2 || len(h.Counts) != len(h.Bounds)+1 {
			t.Errorf("%+v", h)
		}
	}
}

// BenchmarkDefaultFirstToken is the time from opening to the first token.
func BenchmarkDefaultFirstToken(b *testing.B) {
	for b.Loop() {
		e, err := engine.Default(engine.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := submit(b, e, chat("Hello!")).Next(context.Background()); err != nil {
			b.Fatal(err)
		}
		_ = e.Close()
	}
}
