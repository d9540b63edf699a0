package mockserver

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// Server is a serving API in memory. It is safe for concurrent use.
type Server struct {
	opts     Options
	auth     authenticator
	handler  http.Handler
	recorder recorder
	faults   faultList
	failures failureList
	traffic  *dice
	backends backends
	meters   meters
	limits   limiter
	buckets  buckets
	usage    usageLog
	tables   tables
	outages  outages
	vault    *vault

	upstreams *upstreams

	draining   atomic.Bool
	ahead      atomic.Int64 // nanoseconds that Advance has put the clock forward
	mu         sync.Mutex
	workspaces map[string]*workspace
	listeners  []*http.Server
}

// New returns a server. It starts nothing and loads nothing: the engine comes with the first invocation.
func New(o Options) *Server {
	o = o.withDefaults()
	s := &Server{
		opts:       o,
		auth:       newAuthenticator(o.Tokens),
		traffic:    newDice(o.Seed),
		backends:   backends{open: openEngine},
		upstreams:  newUpstreams(o),
		tables:     tables{dir: o.InferenceTables, logger: o.Logger},
		workspaces: map[string]*workspace{},
	}
	if o.Simulate {
		s.backends.open = openSimulated
	}
	s.handler = s.routes()
	return s
}

// Handler serves the API.
func (s *Server) Handler() http.Handler { return s.handler }

// Close stops listeners and the engine. Requests under way get a few seconds to end.
func (s *Server) Close() error {
	s.draining.Store(true)
	s.mu.Lock()
	listeners := s.listeners
	s.listeners = nil
	s.mu.Unlock()
	var errs []error
	for _, l := range listeners {
		ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
		if err := l.Shutdown(ctx); err != nil {
			errs = append(errs, err, l.Close())
		}
		cancel()
	}
	s.upstreams.close()
	s.tables.close()
	return errors.Join(append(errs, s.backends.close(), s.vault.close())...)
}

// drainTimeout is how long Close waits for requests under way.
const drainTimeout = 5 * time.Second

type serverState struct {
	Status string `json:"status"`
}

// health answers as long as the process lives.
func (s *Server) health(*exchange) (serverState, error) { return serverState{"ok"}, nil }

// ready answers 503 once the server drains.
func (s *Server) ready(*exchange) (serverState, error) {
	if s.draining.Load() {
		return serverState{}, refuse(http.StatusServiceUnavailable, api.CodeUnavailable, "The server is shutting down.")
	}
	return serverState{"ready"}, nil
}

func (s *Server) now() time.Time { return s.opts.Clock().Add(time.Duration(s.ahead.Load())) }

// Advance puts the server's clock forward, for rollouts, rate limits and throughput.
func (s *Server) Advance(d time.Duration) { s.ahead.Add(int64(max(d, 0))) }

// workspace returns the workspace of a name, made at its first use.
func (s *Server) workspace(name string) *workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.workspaces[name]
	if !ok {
		w = newWorkspace(name, s.vault)
		w.models.seed(s.opts.Models, s.now().UnixMilli())
		s.workspaces[name] = w
	}
	return w
}

// tenant is the workspace that a bearer token opens.
func (s *Server) tenant(token string) (*workspace, error) {
	id, ok := s.auth.identify(token)
	if !ok {
		return nil, errors.New("unknown token")
	}
	return s.workspace(id.workspace), nil
}

// Endpoints lists what the token's workspace holds, oldest first.
func (s *Server) Endpoints(token string) []api.Endpoint {
	w, err := s.tenant(token)
	if err != nil {
		return nil
	}
	records := w.list(s.opts.Progression, s.now())
	out := make([]api.Endpoint, len(records))
	for i, r := range records {
		out[i] = s.project(w, r, s.now())
	}
	return out
}

// Step moves the rollout of an endpoint one stage further; the progression must be Manual.
func (s *Server) Step(token, endpoint string) error {
	w, err := s.tenant(token)
	if err != nil {
		return err
	}
	return s.step(w, endpoint)
}

// PutSecret stores a secret in the token's workspace and makes its scope if there is none.
func (s *Server) PutSecret(token, scope, key, value string) {
	if w, err := s.tenant(token); err == nil {
		w.secrets.put(scope, key, value, s.now())
		_ = w.keepScope(scope) // lost with the process at worst
	}
}
