package upstream_test

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

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
