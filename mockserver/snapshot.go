package mockserver

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// snapshot is all endpoints and models of all workspaces. Secrets are not part of it.
type snapshot struct {
	Workspaces map[string]workspaceSnapshot `json:"workspaces"`
}

type workspaceSnapshot struct {
	IDs       int                         `json:"ids"`
	Endpoints []*record                   `json:"endpoints"`
	Models    map[string]*registeredModel `json:"models"`
}

// Snapshot returns the server's endpoints and models as JSON, for Restore. It holds no secrets.
func (s *Server) Snapshot() ([]byte, error) {
	out := snapshot{Workspaces: map[string]workspaceSnapshot{}}
	s.mu.Lock()
	workspaces := maps.Clone(s.workspaces)
	s.mu.Unlock()
	for name, w := range workspaces {
		out.Workspaces[name] = w.snapshot()
	}
	return json.Marshal(out)
}

func (w *workspace) snapshot() workspaceSnapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := workspaceSnapshot{IDs: w.ids, Models: map[string]*registeredModel{}}
	for _, r := range w.endpoints {
		out.Endpoints = append(out.Endpoints, r.withoutSecrets())
	}
	slices.SortFunc(out.Endpoints, func(a, b *record) int { return a.Order - b.Order })
	w.models.list(func(m *registeredModel) {
		out.Models[m.Name] = m
	})
	return out
}

// Restore takes the place of everything that the server holds, secrets included, which are gone.
func (s *Server) Restore(data []byte) error { return s.restore(context.Background(), data) }

func (s *Server) restore(ctx context.Context, data []byte) error {
	in, err := decode[snapshot](data)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	for name, w := range in.Workspaces {
		if i := slices.Index(w.Endpoints, nil); i >= 0 {
			return fmt.Errorf("restore: endpoint %d of workspace %s is null", i+1, name)
		}
	}
	s.mu.Lock()
	names := slices.Collect(maps.Keys(s.workspaces))
	s.mu.Unlock()
	for name := range in.Workspaces {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if err := s.workspace(name).restore(ctx, in.Workspaces[name]); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	s.resume()
	return nil
}

func (w *workspace) restore(ctx context.Context, from workspaceSnapshot) error {
	entries := []entry{{scope: w.name}, {w.name, keepCounters, "ids", from.IDs}}
	for _, r := range from.Endpoints {
		entries = append(entries, entry{w.name, keepEndpoints, r.Name, r})
	}
	for name, m := range from.Models {
		entries = append(entries, entry{w.name, keepModels, name, m})
	}
	return w.commit(ctx, func() ([]entry, error) { return entries, nil })
}
