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
	traffic  *dice
	backends backends
	meters   meters
	limits   limiter
	buckets  buckets
	usage    usageLog
	tables   tables
	naps     naps

	upstreams *upstreams
	tender    *tender

	ledger ledger
	world  world

	draining   atomic.Bool
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
		usage:      usageLog{rows: ring[UsageRecord]{size: usageRows}},
		tables:     tables{dir: o.InferenceTables, logger: o.Logger},
		workspaces: map[string]*workspace{},
		ledger:     ledger{vault: &vault{}},
		world:      world{scope: newScope(worldScope), format: format{Created: o.Clock().UnixMilli()}},
	}
	s.tender = newTender(s.tend)
	o.Clock = s.now
	s.upstreams = newUpstreams(o, s.tender.kick)
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
	s.tender.close()
	s.upstreams.close()
	s.tables.close()
	return errors.Join(append(errs, s.backends.close(), s.ledger.vault.close())...)
}

// drainTimeout is how long Close waits for requests under way.
const drainTimeout = 5 * time.Second

type serverState struct {
	Status string `json:"status"`
}

// health answers as long as the process lives.
func (s *Server) health(*exchange) (serverState, error) { return serverState{"ok"}, nil }

// ready answers 503 once the server drains, and while it does not reach the store that it shares with others.
func (s *Server) ready(x *exchange) (serverState, error) {
	if s.draining.Load() {
		return serverState{}, refuse(http.StatusServiceUnavailable, api.CodeUnavailable, "The server is shutting down.")
	}
	if err := s.ledger.refresh(x.ctx, &s.world); err != nil {
		return serverState{}, err
	}
	return serverState{"ready"}, nil
}

// workspace returns the workspace of a name, made at its first use.
func (s *Server) workspace(name string) *workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.workspaces[name]
	if !ok {
		w = newWorkspace(name, &s.ledger, &s.world)
		w.models.seed(s.opts.Models, s.world.began())
		s.workspaces[name] = w
	}
	return w
}

// part is the scope of a name.
func (s *Server) part(scope string) part {
	if scope == worldScope {
		return &s.world
	}
	return s.workspace(scope)
}

// parts are all scopes that the server knows.
func (s *Server) parts() []part {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []part{&s.world}
	for _, w := range s.workspaces {
		out = append(out, w)
	}
	return out
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
	return s.step(context.Background(), w, endpoint)
}
