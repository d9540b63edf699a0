package mockserver

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// Fault changes what happens to the requests that it matches. Faults stand in a list; the first that matches
// a request and is neither skipped nor used up wins. Without Status and HangUp the request is served as
// ever, after Delay and Do.
type Fault struct {
	Route      string         `json:"route,omitempty"`  // name of the route table; empty matches all
	Method     string         `json:"method,omitempty"` // empty matches all
	Path       string         `json:"path,omitempty"`   // glob in which * matches any characters; empty matches all
	Entity     string         `json:"entity,omitempty"` // glob endpoint/entity: not the request, but each attempt to let that entity answer
	Skip       int            `json:"skip,omitempty"`   // matches to let pass first
	Times      int            `json:"times,omitempty"`  // matches to affect; 0: all
	After      bool           `json:"after,omitempty"`  // the request is executed, then its answer is replaced or lost
	Status     int            `json:"status,omitempty"` // of the answer instead; 0: the real answer
	Code       string         `json:"code,omitempty"`
	Message    string         `json:"message,omitempty"`
	RetryAfter time.Duration  `json:"retry_after,omitempty"` // nanoseconds in JSON
	Delay      time.Duration  `json:"delay,omitempty"`       // nanoseconds in JSON
	HangUp     bool           `json:"hang_up,omitempty"`     // the connection is cut without an answer
	Do         func(Recorded) `json:"-"`                     // called when it matches; with After, once the status is known
}

func (f Fault) matches(rt route, r *http.Request) bool {
	return f.Entity == "" && (f.Route == "" || f.Route == rt.name) &&
		(f.Method == "" || strings.EqualFold(f.Method, r.Method)) &&
		(f.Path == "" || glob(f.Path, r.URL.Path))
}

func (f Fault) replaces() bool { return f.Status != 0 || f.HangUp }

type faultList struct {
	mu     sync.Mutex
	faults []*armedFault
}

type armedFault struct {
	Fault
	seen, used int
}

// take finds the fault for a request and uses it once; nil for none.
func (l *faultList) take(rt route, r *http.Request) *Fault {
	return l.first(func(f Fault) bool { return f.matches(rt, r) })
}

// takeEntity finds the fault for an attempt to let a served entity answer.
func (l *faultList) takeEntity(route, endpoint, entity string) *Fault {
	return l.first(func(f Fault) bool {
		return f.Entity != "" && glob(f.Entity, endpoint+"/"+entity) && (f.Route == "" || f.Route == route)
	})
}

func (l *faultList) first(matches func(Fault) bool) *Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.faults {
		if !matches(f.Fault) {
			continue
		}
		if f.seen++; f.seen <= f.Skip || (f.Times > 0 && f.used >= f.Times) {
			continue
		}
		f.used++
		return &f.Fault
	}
	return nil
}

// Fault adds a fault to the end of the list.
func (s *Server) Fault(f Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.faults = append(s.faults.faults, &armedFault{Fault: f})
}

// ClearFaults empties the list of faults and that of deployment failures.
func (s *Server) ClearFaults() { s.logged("clear the failures", s.clearFaults(context.Background())) }

func (s *Server) clearFaults(ctx context.Context) error {
	s.faults.mu.Lock()
	s.faults.faults = nil
	s.faults.mu.Unlock()
	return s.clearFailures(ctx)
}

// withFaults serves a request through the fault that matches it, if any.
func (s *Server) withFaults(w http.ResponseWriter, r *http.Request, rt route, seq int, serve func(http.ResponseWriter)) {
	f := s.faults.take(rt, r)
	if f == nil {
		serve(w)
		return
	}
	if f.After {
		kept := &keptAnswer{header: http.Header{}}
		serve(kept)
		s.recorder.end(seq, kept.status)
		s.strike(r.Context(), f, seq)
		if !f.replaces() {
			kept.replay(w)
			return
		}
	} else {
		s.strike(r.Context(), f, seq)
		if !f.replaces() {
			serve(w)
			return
		}
	}
	if f.HangUp {
		panic(http.ErrAbortHandler) // net/http and Transport cut the connection
	}
	_ = f.refusal().write(w, rt.errors)
}

func (s *Server) strike(ctx context.Context, f *Fault, seq int) {
	if f.Do != nil {
		f.Do(s.recorder.get(seq))
	}
	if f.Delay > 0 {
		t := time.NewTimer(f.Delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
}

func (f *Fault) refusal() *refusal {
	r := &refusal{status: f.Status, code: f.Code, message: f.Message, retryAfter: f.RetryAfter}
	if r.code == "" {
		r.code = codeOfStatus(f.Status)
	}
	if r.message == "" {
		r.message = "injected fault"
	}
	return r
}

func codeOfStatus(status int) string {
	codes := map[int]string{
		http.StatusBadRequest:      api.CodeInvalidParameter,
		http.StatusUnauthorized:    api.CodeUnauthenticated,
		http.StatusForbidden:       api.CodePermissionDenied,
		http.StatusNotFound:        api.CodeNotFound,
		http.StatusConflict:        api.CodeConflict,
		http.StatusTooManyRequests: api.CodeLimitExceeded,
		http.StatusGatewayTimeout:  api.CodeDeadline,
	}
	switch code, ok := codes[status]; {
	case ok:
		return code
	case status == http.StatusServiceUnavailable:
		return api.CodeUnavailable
	case status >= http.StatusInternalServerError:
		return api.CodeInternal
	default:
		return api.CodeBadRequest
	}
}

// keptAnswer holds an answer back until a fault has decided about it.
type keptAnswer struct {
	header http.Header
	status int
	body   []byte
}

func (k *keptAnswer) Header() http.Header { return k.header }

func (k *keptAnswer) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

func (k *keptAnswer) Write(b []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	k.body = append(k.body, b...)
	return len(b), nil
}

// Flush has nothing to do: the answer is held back.
func (k *keptAnswer) Flush() {}

func (k *keptAnswer) replay(w http.ResponseWriter) {
	maps.Copy(w.Header(), k.header)
	w.WriteHeader(k.status)
	_, _ = w.Write(k.body) // the client is gone
}

// glob matches s against a pattern in which * is any characters and ? is one.
func glob(pattern, s string) bool {
	for pattern != "" {
		switch pattern[0] {
		case '*':
			for i := 0; i <= len(s); i++ {
				if glob(pattern[1:], s[i:]) {
					return true
				}
			}
			return false
		case '?':
			if s == "" {
				return false
			}
		default:
			if s == "" || s[0] != pattern[0] {
				return false
			}
		}
		pattern, s = pattern[1:], s[1:]
	}
	return s == ""
}
