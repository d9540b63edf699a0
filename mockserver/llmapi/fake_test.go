package llmapi

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeModel answers each text with its pieces, each after a delay, and notes when generations came.
type fakeModel struct {
	pieces []string
	delay  time.Duration
	fail   error // instead of an end

	mu     sync.Mutex
	begun  []time.Time
	closed bool
}

func (f *fakeModel) generate(ctx context.Context, g generation) (textStream, error) {
	if g.text == "refused" {
		return nil, faultf(badRequest, "it is refused")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.begun = append(f.begun, time.Now())
	return &fakeStream{model: f, ctx: ctx, left: f.pieces}, nil
}

func (f *fakeModel) describe() description { return description{hidden: 2, memory: 1} }

func (f *fakeModel) close() error {
	f.closed = true
	return nil
}

// times are when generations came, since a moment.
func (f *fakeModel) times(since time.Time) []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]time.Duration, len(f.begun))
	for i, at := range f.begun {
		out[i] = at.Sub(since)
	}
	return out
}

type fakeStream struct {
	model *fakeModel
	ctx   context.Context
	left  []string
}

func (s *fakeStream) next(context.Context) (string, error) {
	select {
	case <-time.After(s.model.delay):
	case <-s.ctx.Done():
		return "", s.ctx.Err()
	}
	if len(s.left) == 0 && s.model.fail != nil {
		return "", s.model.fail
	}
	if len(s.left) == 0 {
		return "", io.EOF
	}
	text := s.left[0]
	s.left = s.left[1:]
	return text, nil
}

// openFake opens a server of one model m over a fake.
func openFake(t testing.TB, f *fakeModel, m ModelSettings, change func(*Settings)) *Server {
	t.Helper()
	s := defaults()
	m.Name, m.Version, m.Default = "m", "1.0", true
	if m.BatchSize == 0 {
		m.BatchSize = 1
	}
	if m.MaxWorkers == 0 {
		m.MinWorkers, m.MaxWorkers = 1, 1
	}
	if m.ResponseTimeout == 0 {
		m.ResponseTimeout = time.Hour
	}
	s.Models = []ModelSettings{m}
	if change != nil {
		change(&s)
	}
	x, err := open(s, Options{}, func(string, string) (generator, error) { return f, nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil || !f.closed {
			t.Errorf("%v, closed %v", err, f.closed)
		}
	})
	return x
}

// ask predicts and returns the text.
func ask(ctx context.Context, s *Server, text string, alone bool) (string, error) {
	out := ""
	err := s.predict(ctx, prediction{model: "m", input: input{"text": {{text: text}}}, alone: alone}, func(piece string) error {
		out += piece
		return nil
	})
	return out, err
}

var errBroken = errors.New("broken")
