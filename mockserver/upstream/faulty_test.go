package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
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
