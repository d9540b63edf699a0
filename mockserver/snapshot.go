package mockserver

import (
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
		c := *m
		c.Versions, c.Aliases = maps.Clone(m.Versions), maps.Clone(m.Aliases)
		out.Models[m.Name] = &c
	})
	return out
}

// Restore takes the place of everything that the server holds, secrets included, which are gone.
func (s *Server) Restore(data []byte) error {
	in, err := decode[snapshot](data)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	s.mu.Lock()
	old := slices.Collect(maps.Values(s.workspaces))
	s.mu.Unlock()
	for _, w := range old {
		if err := s.forget(w); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	for name, from := range in.Workspaces {
		if err := s.workspace(name).restore(from, s); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	return nil
}

func (w *workspace) restore(from workspaceSnapshot, s *Server) error {
	entries := []entry{{keepCounters, "ids", from.IDs}}
	for _, r := range from.Endpoints {
		entries = append(entries, entry{keepEndpoints, r.Name, r})
	}
	for name, m := range from.Models {
		entries = append(entries, entry{keepModels, name, m})
	}
	if err := w.vault.write(w.name, entries...); err != nil {
		return err
	}
	for _, r := range from.Endpoints {
		w.put(r, s.opts.Progression, s.now())
	}
	w.mu.Lock()
	w.ids = from.IDs
	w.mu.Unlock()
	w.models.replace(from.Models)
	return nil
}
