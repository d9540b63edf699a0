package upstream_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
)

// frame is a frame of a streamed chat.
func frame(text, finish string) string {
	f := "null"
	if finish != "" {
		f = `"` + finish + `"`
	}
	return fmt.Sprintf("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%q},\"finish_reason\":%s}]}\n\n", text, f)
}

const done = "data: [DONE]\n\n"

// raw answers with bytes of the test's choice and then does to the connection what the fault says.
func raw(t *testing.T, head string, then func(net.Conn)) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = buf.WriteString(head)
		_ = buf.Flush()
		then(conn)
		_ = conn.Close()
	})
}

func closing(net.Conn) {}

// resetting drops the connection instead of closing it, once the client has what was sent.
func resetting(read <-chan struct{}) func(net.Conn) {
	return func(c net.Conn) {
		<-read
		_ = c.(*net.TCPConn).SetLinger(0)
	}
}

func stream(frames ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, strings.Join(frames, ""))
	})
}

func status(code int, header, value, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if header != "" {
			w.Header().Set(header, value)
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	})
}

// hanging answers with what it has and then with nothing, until the client goes.
func hanging(frames string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if frames != "" {
			_, _ = io.WriteString(w, frames)
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	})
}

func chunk(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }

const chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

// local allows this machine, and gives a slow one time.
func local() upstream.Options {
	return upstream.Options{Policy: egress.Local(), Timeouts: upstream.Timeouts{Connect: 20 * time.Second, Request: 20 * time.Second, Idle: 20 * time.Second}}
}

// impatient is for faults that end by a time-out alone.
func impatient() upstream.Options {
	o := local()
	o.Timeouts = upstream.Timeouts{Connect: 200 * time.Millisecond, Request: 600 * time.Millisecond, Idle: 300 * time.Millisecond}
	return o
}

// A stream that stalls ends by the bound on pauses, long before that on the call.
func TestStall(t *testing.T) {
	server := httptest.NewServer(hanging(frame("a", "")))
	defer server.Close()
	o := local()
	o.Timeouts.Idle = 300 * time.Millisecond
	begun := time.Now()
	text, err := ask(t.Context(), engine(t, "vllm", server.URL, o), true, nil)
	if text != "a" || !errors.Is(err, upstream.ErrTimeout) || time.Since(begun) > o.Timeouts.Request/2 {
		t.Errorf("%q, %v after %v", text, err, time.Since(begun))
	}
}

// Only the upstream's pauses count: a reader may take its time.
func TestSlowReader(t *testing.T) {
	server := httptest.NewServer(stream(frame("a", ""), strings.Repeat(frame("b", ""), 1000), frame("c", "stop"), done))
	defer server.Close()
	o := local()
	o.Timeouts.Idle = 300 * time.Millisecond
	first := true
	text, err := ask(t.Context(), engine(t, "vllm", server.URL, o), true, func() {
		if first {
			first = false
			<-time.After(o.Timeouts.Idle + 200*time.Millisecond)
		}
	})
	if err != nil || len(text) != 1002 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func engine(t *testing.T, kind, url string, o upstream.Options) *upstream.Engine {
	t.Helper()
	e, err := upstream.NewEngine(upstream.EngineConfig{Name: "gpu", Kind: kind, BaseURL: url, Model: "llama"}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

var question = upstream.Request{Messages: []api.ChatMessage{{Role: "user", Content: "Hi"}}, MaxTokens: 8, Temperature: 1}

// ask returns the text that came, and what ended it.
func ask(ctx context.Context, b upstream.Backend, streaming bool, each func()) (string, error) {
	q := question
	q.Stream = streaming
	s, err := b.Generate(ctx, q, nil)
	if err != nil {
		return "", err
	}
	text := ""
	for {
		p, err := s.Next(ctx)
		if errors.Is(err, io.EOF) {
			return text, nil
		}
		if err != nil {
			return text, err
		}
		text += p.Text
		if each != nil {
			each()
		}
	}
}

// TestFaults: each fault ends in its kind, within its time-out, with what came before it.
func TestFaults(t *testing.T) {
	read := make(chan struct{}, 1)
	for _, c := range []struct {
		name    string
		handler http.Handler
		stream  bool
		kind    error
		text    string
		answer  int // the status for a gateway's client
	}{
		{"limited", status(429, "Retry-After", "7", `{"error":{"message":"slow down"}}`), false, upstream.ErrLimited, "", 429},
		{"limited, streaming", status(429, "Retry-After", "7", ""), true, upstream.ErrLimited, "", 429},
		{"rejected", status(400, "", "", `{"message":"no such field"}`), false, upstream.ErrRejected, "", 400},
		{"broken", status(500, "", "", "<html>"), false, upstream.ErrUnavailable, "", 502},
		{"overloaded", status(503, "", "", ""), true, upstream.ErrUnavailable, "", 503},
		{"redirect", status(307, "Location", "http://127.0.0.1:1/", ""), false, upstream.ErrRedirect, "", 502},
		{"slow", hanging(""), false, upstream.ErrTimeout, "", 504},
		{"slow, streaming", hanging(""), true, upstream.ErrTimeout, "", 504},
		{"stalls", hanging(frame("a", "")), true, upstream.ErrTimeout, "a", 504},
		{"closes before an answer", raw(t, "", closing), false, upstream.ErrReset, "", 502},
		{"resets within a stream", raw(t, chunked+chunk(frame("a", "")), resetting(read)), true, upstream.ErrReset, "a", 502},
		{"cuts a chunk", raw(t, chunked+"1000\r\n"+frame("a", ""), closing), true, upstream.ErrTruncated, "a", 502},
		{"cuts between chunks", raw(t, chunked+chunk(frame("a", "")), closing), true, upstream.ErrTruncated, "a", 502},
		{"cuts a plain answer", raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"choices\":", closing), false, upstream.ErrTruncated, "", 502},
		{"ends too early", stream(frame("a", "")), true, upstream.ErrTruncated, "a", 502},
		{"ends within a frame", stream(frame("a", ""), `data: {"choi`), true, upstream.ErrTruncated, "a", 502},
		{"no frames at all", stream(), true, upstream.ErrTruncated, "", 502},
		{"broken JSON in a frame", stream(frame("a", ""), "data: {\"choices\":[}\n\n"), true, upstream.ErrMalformed, "a", 502},
		{"another type in a frame", stream("data: {\"choices\":7}\n\n"), true, upstream.ErrMalformed, "", 502},
		{"a frame of something else", stream("data: {}\n\n"), true, upstream.ErrMalformed, "", 502},
		{"no stream but a page", stream("<html>\n"), true, upstream.ErrMalformed, "", 502},
		{"a choice that nobody asked for", stream(`data: {"choices":[{"index":4,"delta":{"content":"x"}}]}` + "\n\n"), true, upstream.ErrMalformed, "", 502},
		{"an endless line", stream("data: " + strings.Repeat("x", 2<<20)), true, upstream.ErrMalformed, "", 502},
		{"error frame", stream(frame("a", ""), `data: {"error":{"message":"out of memory","code":500}}`+"\n\n"), true, upstream.ErrUnavailable, "a", 502},
		{"no JSON", status(200, "", "", "OK"), false, upstream.ErrMalformed, "", 502},
		{"an answer without choices", status(200, "", "", `{"choices":[]}`), false, upstream.ErrMalformed, "", 502},
		{"a whole stream without its last line", stream(frame("a", "stop")), true, nil, "a", 0},
		{"a whole stream", stream(frame("a", ""), frame("b", "stop"), done), true, nil, "ab", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(c.handler)
			defer server.Close()
			o := local()
			if errors.Is(c.kind, upstream.ErrTimeout) {
				o = impatient()
			}
			e := engine(t, "vllm", server.URL, o)
			begun := time.Now()
			text, err := ask(t.Context(), e, c.stream, func() {
				select {
				case read <- struct{}{}:
				default:
				}
			})
			if d := time.Since(begun); d > 5*time.Second {
				t.Errorf("took %v", d)
			}
			if text != c.text || !errors.Is(err, c.kind) {
				t.Errorf("%q, %v; want %q, %v", text, err, c.text, c.kind)
			}
			var known *upstream.Error
			if c.kind == nil {
				return
			}
			if !errors.As(err, &known) || known.Upstream != "gpu" || known.HTTPStatus() != c.answer {
				t.Errorf("%#v", err)
			} else if errors.Is(c.kind, upstream.ErrLimited) && known.RetryAfter != 7*time.Second {
				t.Errorf("retry after %v", known.RetryAfter)
			}
			select {
			case <-read:
			default:
			}
		})
	}
}

func TestNoConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	_ = listener.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes fail on purpose
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mute.Close() }()
	for _, c := range []struct {
		name, url string
		options   upstream.Options
		kind      error
	}{
		{"refused", closed, local(), upstream.ErrConnect},
		{"certificate of nobody we know", secure.URL, local(), upstream.ErrCertificate},
		{"no TLS at all", strings.Replace(plain.URL, "http:", "https:", 1), local(), upstream.ErrConnect},
		{"a handshake that hangs", "https://" + mute.Addr().String(), impatient(), upstream.ErrTimeout},
	} {
		begun := time.Now()
		if _, err := ask(t.Context(), engine(t, "vllm", c.url, c.options), false, nil); !errors.Is(err, c.kind) || time.Since(begun) > 5*time.Second {
			t.Errorf("%s: %v after %v", c.name, err, time.Since(begun))
		}
	}
	o := local()
	o.RootCAs = secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	if _, err := ask(t.Context(), engine(t, "vllm", secure.URL, o), false, nil); !errors.Is(err, upstream.ErrRejected) {
		t.Errorf("a trusted certificate: %v", err)
	}
	wrongName := strings.Replace(secure.URL, "127.0.0.1", "localhost", 1)
	if _, err := ask(t.Context(), engine(t, "vllm", wrongName, o), false, nil); !errors.Is(err, upstream.ErrCertificate) {
		t.Errorf("a certificate for another name: %v", err)
	}
}

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
