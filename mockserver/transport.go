package mockserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// errHungUp is what a client sees whose connection a fault has cut.
var errHungUp = fmt.Errorf("connection cut: %w", io.ErrUnexpectedEOF)

// Transport serves requests from the handler, without a socket, so that client and server run in one
// testing/synctest bubble. Bodies stream; a context that ends cuts the exchange.
func (s *Server) Transport() http.RoundTripper { return transport{s.handler} }

type transport struct{ handler http.Handler }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	q := r.Clone(ctx)
	q.RequestURI = r.URL.RequestURI()
	q.RemoteAddr = "127.0.0.1:0"
	if q.Host == "" {
		q.Host = r.URL.Host
	}
	if q.Body == nil {
		q.Body = http.NoBody
	}
	if err := ctx.Err(); err != nil {
		cancel()
		return nil, errors.Join(err, q.Body.Close())
	}
	pr, pw := io.Pipe()
	w := &pipeWriter{header: http.Header{}, body: pw, started: make(chan struct{})}
	go func() {
		defer cancel()
		defer func() {
			switch p := recover(); p {
			case nil:
				w.finish(r.Context().Err()) // a body that a context cut must not look whole
			case http.ErrAbortHandler:
				w.finish(errHungUp)
			default:
				w.finish(fmt.Errorf("handler panicked: %v", p))
			}
			_ = q.Body.Close() // a request body that was read already
		}()
		t.handler.ServeHTTP(w, q)
	}()
	stop := context.AfterFunc(r.Context(), func() { _ = pw.CloseWithError(r.Context().Err()) })
	select {
	case <-w.started:
	case <-r.Context().Done():
		cancel()
		return nil, r.Context().Err()
	}
	if w.err != nil && w.status == 0 {
		stop()
		return nil, w.err
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, ContentLength: -1, Request: r,
		Body: &pipeBody{PipeReader: pr, cancel: cancel, stop: stop},
	}, nil
}

// pipeWriter is the server's end of an exchange without a socket.
type pipeWriter struct {
	header  http.Header
	body    *io.PipeWriter
	once    sync.Once
	started chan struct{} // closed when status and sent, or err, are known

	status int
	sent   http.Header
	err    error
}

func (w *pipeWriter) Header() http.Header { return w.header }

func (w *pipeWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.started)
	})
}

func (w *pipeWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// Flush has nothing to do: writes reach the reader at once.
func (w *pipeWriter) Flush() { w.WriteHeader(http.StatusOK) }

// finish ends the exchange: a nil error is the end of the body.
func (w *pipeWriter) finish(err error) {
	if err == nil {
		w.WriteHeader(http.StatusOK)
	}
	w.once.Do(func() {
		w.err = err
		close(w.started)
	})
	_ = w.body.CloseWithError(err) // never fails
}

// pipeBody ends the handler when the client closes the body early.
type pipeBody struct {
	*io.PipeReader
	cancel context.CancelFunc
	stop   func() bool
}

func (b *pipeBody) Close() error {
	b.stop()
	b.cancel()
	return b.PipeReader.Close()
}
