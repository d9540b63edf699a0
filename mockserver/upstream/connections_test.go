package upstream_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
)

// A client that goes takes the upstream's request with it, whether it cancels, closes, or stops reading.
func TestHangUp(t *testing.T) {
	for name, leave := range map[string]func(cancel func(), s *upstream.Stream, ctx context.Context) error{
		"cancels": func(cancel func(), s *upstream.Stream, ctx context.Context) error {
			cancel()
			_, err := s.Next(ctx)
			return err
		},
		"cancels the read": func(_ func(), s *upstream.Stream, ctx context.Context) error {
			read, stop := context.WithCancel(ctx)
			time.AfterFunc(10*time.Millisecond, stop)
			_, err := s.Next(read)
			return err
		},
		"closes": func(_ func(), s *upstream.Stream, ctx context.Context) error {
			s.Close()
			_, err := s.Next(ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			gone := make(chan struct{})
			var left atomic.Bool
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if left.Load() {
					return
				}
				defer close(gone)
				hanging(frame("a", "")).ServeHTTP(w, r)
			}))
			defer server.Close()
			o := local()
			o.Timeouts = upstream.Timeouts{}
			o.Breaker.Failures = 1
			e := engine(t, "vllm", server.URL, o)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			q := question
			q.Stream = true
			s, err := e.Generate(ctx, q, nil)
			if err != nil {
				t.Fatal(err)
			}
			if p, err := s.Next(ctx); err != nil || p.Text != "a" {
				t.Fatalf("%v %v", p, err)
			}
			if err := leave(cancel, s, ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
			select {
			case <-gone:
			case <-time.After(5 * time.Second):
				t.Fatal("the upstream still works")
			}
			left.Store(true)
			if _, err := e.Generate(t.Context(), question, nil); errors.Is(err, upstream.ErrCircuitOpen) {
				t.Error("a client that went counts against the upstream")
			}
		})
	}
}

// Frames arrive one by one: the next is sent only after the last was read.
func TestFramesPassOneByOne(t *testing.T) {
	read := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		out := bufio.NewWriter(w)
		for i := range 5 {
			finish := ""
			if i == 4 {
				finish = "stop"
			}
			_, _ = out.WriteString(frame("x", finish))
			_ = out.Flush()
			_ = http.NewResponseController(w).Flush()
			<-read
		}
		_, _ = io.WriteString(w, done)
	}))
	defer server.Close()
	text, err := ask(t.Context(), engine(t, "vllm", server.URL, upstream.Options{Policy: egress.Local()}), true, func() { read <- struct{}{} })
	if text != "xxxxx" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case strings.Contains(string(body), `"stream":true`):
			stream(frame("a", "stop"), done).ServeHTTP(w, r)
			_ = http.NewResponseController(w).Flush() // the end of the body comes on its own
		case opened.Load() > 1:
			http.Error(w, "{}", http.StatusTooManyRequests)
		default:
			status(200, "", "", `{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]}`).ServeHTTP(w, r)
		}
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	e := engine(t, "vllm", server.URL, local())
	for i := range 20 {
		if text, err := ask(t.Context(), e, i%2 == 0, nil); text != "a" || err != nil {
			t.Fatalf("%q %v", text, err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for 20 calls", n)
	}
}

func TestCircuit(t *testing.T) {
	now := time.Unix(1000, 0)
	var hits atomic.Int32
	var broken atomic.Bool
	broken.Store(true)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		if broken.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		stream(frame("a", "stop"), done).ServeHTTP(w, r)
	}))
	defer server.Close()
	o := local()
	o.Breaker = upstream.BreakerConfig{Failures: 3, Cooldown: time.Minute}
	o.Clock = func() time.Time { return now }
	e := engine(t, "vllm", server.URL, o)
	expect := func(step string, kind error, total int32) {
		t.Helper()
		if _, err := ask(t.Context(), e, true, nil); !errors.Is(err, kind) || hits.Load() != total {
			t.Errorf("%s: %v, %d requests arrived", step, err, hits.Load())
		}
	}
	expect("first", upstream.ErrUnavailable, 1)
	expect("second", upstream.ErrUnavailable, 2)
	expect("third", upstream.ErrUnavailable, 3)
	expect("open", upstream.ErrCircuitOpen, 3)
	if err := e.Ready(t.Context(), nil); errors.Is(err, upstream.ErrCircuitOpen) || hits.Load() != 4 {
		t.Errorf("a probe: %v", err)
	}
	hits.Store(3)
	now = now.Add(59 * time.Second)
	expect("still open", upstream.ErrCircuitOpen, 3)
	now = now.Add(time.Second)
	expect("one may try", upstream.ErrUnavailable, 4)
	expect("open again", upstream.ErrCircuitOpen, 4)
	now = now.Add(time.Minute)
	broken.Store(false)
	expect("tries", nil, 5)
	expect("closed", nil, 6)
}
