package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// paced says how an upstream streams: so many frames, one every gap.
type paced struct {
	Frames int           `json:"frames"`
	Gap    time.Duration `json:"gap"`
}

// plainAnswer is what the upstream answers at once to a request that does not stream.
const plainAnswer = `{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"llama","choices":[{"index":0,` +
	`"message":{"role":"assistant","content":"A serving endpoint answers requests to one or more models behind one name."},` +
	`"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":24,"completion_tokens":14,"total_tokens":38}}`

// serveUpstream is the role of an engine that speaks the OpenAI protocol and takes no time. The text of each
// streamed frame is the time at which it was sent, in nanoseconds since the epoch.
func serveUpstream(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	p, err := readJSON[paced](stdin)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data":[{"id":"llama"}]}`) // the client is gone
	})
	mux.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		switch {
		case err != nil: // the client is gone
		case bytes.Contains(body, []byte(`"stream":true`)):
			p.stream(w, r)
		default:
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", strconv.Itoa(len(plainAnswer)))
			_, _ = io.WriteString(w, plainAnswer) // the client is gone
		}
	})
	return serveRole(ctx, stdout, mux)
}

// stream sends the frames by the clock, not by what sending them took.
func (p paced) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w).Flush
	ticks := time.NewTicker(p.Gap)
	defer ticks.Stop()
	var frame []byte
	for i := range p.Frames {
		if i > 0 {
			select {
			case <-ticks.C:
			case <-r.Context().Done():
				return
			}
		}
		finish := "null"
		if i == p.Frames-1 {
			finish = `"length"`
		}
		frame = append(frame[:0], `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"llama","choices":[{"index":0,"delta":{"content":"`...)
		frame = strconv.AppendInt(frame, time.Now().UnixNano(), 10)
		frame = fmt.Appendf(frame, "\"},\"logprobs\":null,\"finish_reason\":%s}]}\n\n", finish)
		if _, err := w.Write(frame); err != nil || flush() != nil {
			return
		}
	}
	_, _ = io.WriteString(w, "data: [DONE]\n\n") // the client is gone
}

// serveRole serves until ctx ends, after a ready line.
func serveRole(ctx context.Context, stdout io.Writer, h http.Handler) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := json.NewEncoder(stdout).Encode(map[string]string{"url": "http://" + l.Addr().String()}); err != nil {
		return err
	}
	server := &http.Server{Handler: h}
	go func() {
		<-ctx.Done()
		_ = server.Close() // ends Serve
	}()
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// startUpstream starts an upstream beside the load, away from what is measured.
func startUpstream(ctx context.Context, p paced) (*process, error) {
	cmd, err := self(ctx, loadCore, "upstream", p)
	if err != nil {
		return nil, err
	}
	return launch(cmd)
}
