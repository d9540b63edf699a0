package llmapi

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
)

// Options are what a server needs beside its settings. The zero value is a good default.
type Options struct {
	Logger      *slog.Logger     // nil: silent
	Clock       func() time.Time // default time.Now
	Random      func() uint64    // seeds of requests that name none; default math/rand/v2
	ReadTimeout time.Duration    // for the body of a request over HTTP; default a minute
}

// Server holds the loaded models and answers for them.
type Server struct {
	settings Settings
	options  Options
	metrics  *metrics
	engines  map[string]generator // by directory

	mu       sync.Mutex
	versions map[string]map[string]*model // by name and version
	standard map[string]string            // the default version of each name

	listeners listeners
	grpc      *grpc.Server
}

// Open loads the models; it listens nowhere yet.
func Open(s Settings, o Options) (*Server, error) {
	return open(s, o, openEngine)
}

func open(s Settings, o Options, load func(dir, format string) (generator, error)) (*Server, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Uint64
	}
	if o.ReadTimeout <= 0 {
		o.ReadTimeout = time.Minute
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	x := &Server{
		settings: s, options: o, metrics: newMetrics(host), engines: map[string]generator{},
		versions: map[string]map[string]*model{}, standard: map[string]string{},
	}
	x.grpc = newGRPC(x)
	var last atomic.Int64
	nextID := func() int { return 8999 + int(last.Add(1)) } // TorchServe numbers workers by their ports, from 9000
	for _, m := range s.Models {
		g, ok := x.engines[m.Path]
		if !ok {
			if g, err = load(m.Path, s.Generation.Format); err != nil {
				return nil, errors.Join(fmt.Errorf("model %s: %w", m.Name, err), x.Close())
			}
			x.engines[m.Path] = g
		}
		if x.versions[m.Name] == nil {
			x.versions[m.Name] = map[string]*model{}
		}
		x.versions[m.Name][m.Version] = newModel(m, g, s.QueueSize, o.Clock, nextID)
		if m.Default {
			x.standard[m.Name] = m.Version
		}
	}
	return x, nil
}

// find returns a version of a model; an empty one is the default.
func (s *Server) find(name, version string) (*model, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	versions, ok := s.versions[name]
	if !ok {
		return nil, faultf(modelNotFound, "Model not found: %s", name)
	}
	if version == "" {
		version = s.standard[name]
	}
	m, ok := versions[version]
	if !ok {
		return nil, faultf(versionNotFound, "Model version: %s does not exist for model: %s", version, name)
	}
	return m, nil
}

// all returns the versions of a model, in order.
func (s *Server) all(name string) ([]*model, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	versions, ok := s.versions[name]
	if !ok {
		return nil, faultf(modelNotFound, "Model not found: %s", name)
	}
	var out []*model
	for _, v := range slices.Sorted(maps.Keys(versions)) {
		out = append(out, versions[v])
	}
	return out, nil
}

// names lists the models, in order.
func (s *Server) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.versions))
}

// setDefault makes a version the one that answers for requests that name none.
func (s *Server) setDefault(name, version string) error {
	if _, err := s.find(name, version); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standard[name] = version
	return nil
}

// healthy reports whether anybody works on the default version of any model.
func (s *Server) healthy() bool {
	for _, name := range s.names() {
		m, err := s.find(name, "")
		if err != nil {
			continue // names has just listed it
		}
		if _, _, workers := m.state(); len(workers) > 0 {
			return true
		}
	}
	return false
}

// Close stops listening, ends the requests under way and frees the models.
func (s *Server) Close() error {
	err := s.listeners.close(s.grpc)
	for _, versions := range s.versions {
		for _, m := range versions {
			m.close()
		}
	}
	for _, e := range s.engines {
		err = errors.Join(err, e.close())
	}
	return err
}
