package mockserver

import (
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Recorded is a request that the server saw. Authorization headers and plaintext secrets are redacted.
type Recorded struct {
	Seq       int         `json:"seq"` // from 1, in order of arrival
	Time      time.Time   `json:"time"`
	Workspace string      `json:"workspace"`
	Route     string      `json:"route"` // name of the route table; empty for unknown ones
	Method    string      `json:"method"`
	Path      string      `json:"path"`
	Query     string      `json:"query,omitempty"`
	Header    http.Header `json:"header"`
	Body      []byte      `json:"body,omitempty"`
	Status    int         `json:"status"` // 0 while the request runs, and when the connection was cut
}

// The recorder forgets the oldest requests beyond these bounds.
const (
	recordedRequests = 10_000
	recordedBytes    = 64 << 20
)

type recorder struct {
	mu       sync.Mutex
	seq      int
	bytes    int
	requests []Recorded
}

func (r *recorder) begin(q Recorded) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	q.Seq = r.seq
	r.requests = append(r.requests, q)
	r.bytes += len(q.Body)
	for len(r.requests) > recordedRequests || (r.bytes > recordedBytes && len(r.requests) > 1) {
		r.bytes -= len(r.requests[0].Body)
		r.requests[0] = Recorded{}
		r.requests = r.requests[1:]
	}
	return q.Seq
}

func (r *recorder) end(seq, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.index(seq); i >= 0 {
		r.requests[i].Status = status
	}
}

func (r *recorder) get(seq int) Recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.index(seq); i >= 0 {
		return r.requests[i]
	}
	return Recorded{Seq: seq}
}

// index finds a request by number; -1 if it was forgotten.
func (r *recorder) index(seq int) int {
	i, ok := slices.BinarySearchFunc(r.requests, seq, func(q Recorded, seq int) int { return q.Seq - seq })
	if !ok {
		return -1
	}
	return i
}

// Requests returns what the server saw, in order of arrival: the last 10,000 requests, 64 MB of bodies.
func (s *Server) Requests() []Recorded {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	return slices.Clone(s.recorder.requests)
}

// ResetRequests forgets what the server saw; numbering goes on.
func (s *Server) ResetRequests() {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	s.recorder.requests, s.recorder.bytes = nil, 0
}

func logLevel(status int) slog.Level {
	if status >= http.StatusInternalServerError || status == 0 {
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

func requestAttrs(rt route, r *http.Request, id identity, status int) []slog.Attr {
	return []slog.Attr{
		slog.String("route", rt.name), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.String("workspace", id.workspace), slog.Int("status", status),
	}
}
