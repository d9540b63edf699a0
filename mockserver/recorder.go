package mockserver

import (
	"log/slog"
	"net/http"
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

// recorder keeps requests in a ring, packed into pages: every collection of garbage walks what it holds, and few
// ever read it. A page lives as long as a request of it is kept.
type recorder struct {
	mu    sync.Mutex
	seq   int // of the newest request
	first int // of the oldest one that is kept; 0 for none
	base  int // of the newest one that a reset forgot
	bytes int // of bodies
	ring  []keptRequest
	page  []byte // the newest one; its capacity is what is free
}

// recorderPage is the size of a page in bytes.
const recorderPage = 64 << 10

// room is an empty slice for a packed request of a size.
func (r *recorder) room(size int) []byte {
	if size > recorderPage/4 {
		return make([]byte, 0, size)
	}
	if cap(r.page) < size {
		r.page = make([]byte, 0, recorderPage)
	}
	room := r.page[:0:size]
	r.page = r.page[size:size]
	return room
}

// at is the place of a request that is kept.
func (r *recorder) at(seq int) *keptRequest { return &r.ring[(seq-r.base-1)%recordedRequests] }

func (r *recorder) keeps(seq int) bool { return r.first > 0 && seq >= r.first && seq <= r.seq }

// begin keeps a request and returns its number.
func (r *recorder) begin(q Recorded) int {
	q.Body = redactBody(q.Body)
	size := packedSize(q)
	r.mu.Lock()
	defer r.mu.Unlock()
	k := keep(r.room(size), q)
	if r.first > 0 && r.seq-r.first+1 == recordedRequests {
		r.forgetOldest()
	}
	r.seq++
	if r.first == 0 {
		r.first = r.seq
	}
	if len(r.ring) < recordedRequests {
		r.ring = append(r.ring, keptRequest{})
	}
	*r.at(r.seq) = k
	r.bytes += k.size
	for r.bytes > recordedBytes && r.first < r.seq {
		r.forgetOldest()
	}
	return r.seq
}

func (r *recorder) forgetOldest() {
	oldest := r.at(r.first)
	r.bytes -= oldest.size
	*oldest = keptRequest{}
	r.first++
}

func (r *recorder) end(seq, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keeps(seq) {
		r.at(seq).status = status
	}
}

func (r *recorder) get(seq int) Recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keeps(seq) {
		return r.at(seq).recorded(seq)
	}
	return Recorded{Seq: seq}
}

func (r *recorder) all() []Recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.first == 0 {
		return nil
	}
	out := make([]Recorded, 0, r.seq-r.first+1)
	for seq := r.first; seq <= r.seq; seq++ {
		out = append(out, r.at(seq).recorded(seq))
	}
	return out
}

func (r *recorder) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ring, r.bytes, r.first, r.base = nil, 0, 0, r.seq
}

// Requests returns what the server saw, in order of arrival: the last 10,000 requests, 64 MB of bodies.
func (s *Server) Requests() []Recorded { return s.recorder.all() }

// ResetRequests forgets what the server saw; numbering goes on.
func (s *Server) ResetRequests() { s.recorder.reset() }

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
