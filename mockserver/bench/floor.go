package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
)

// answer is what a handler answers to a method.
type answer struct {
	Method string            `json:"method"`
	Header map[string]string `json:"header"`
	Body   string            `json:"body"`
}

// serveFloor answers each method with the same bytes whatever is asked, after it has read the request: the
// least that a handler can do.
func serveFloor(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	answers, err := readJSON[[]answer](stdin)
	if err != nil {
		return err
	}
	byMethod := map[string]answer{}
	for _, a := range answers {
		byMethod[a.Method] = a
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := json.NewEncoder(stdout).Encode(map[string]string{"url": "http://" + l.Addr().String()}); err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return // the client is gone
		}
		a := byMethod[r.Method]
		for k, v := range a.Header {
			w.Header().Set(k, v)
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
		_, _ = io.WriteString(w, a.Body) // the client is gone
	})}
	go func() {
		<-ctx.Done()
		_ = server.Close() // ends Serve
	}()
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// startFloor starts a floor that answers the steps of a workload as the server did.
func startFloor(ctx context.Context, answers []answer) (*process, error) {
	cmd, err := self(ctx, serverCore, "floor", answers)
	if err != nil {
		return nil, err
	}
	return launch(cmd)
}
