package main

import (
	"context"
	"io"
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
	return serveRole(ctx, stdout, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return // the client is gone
		}
		a := byMethod[r.Method]
		for k, v := range a.Header {
			w.Header().Set(k, v)
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
		_, _ = io.WriteString(w, a.Body) // the client is gone
	}))
}

// startFloor starts a floor that answers the steps of a workload as the server did.
func startFloor(ctx context.Context, answers []answer) (*process, error) {
	cmd, err := self(ctx, serverCore, "floor", answers)
	if err != nil {
		return nil, err
	}
	return launch(cmd)
}
