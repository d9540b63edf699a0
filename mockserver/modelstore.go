package mockserver

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"sync"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// modelStore holds the models that clients registered in a workspace.
type modelStore struct {
	mu     sync.Mutex
	models map[string]*registeredModel
	seeds  map[string]*registeredModel // what the workspace began with; not kept
}

// registeredModel is a name with its versions, numbered from 1. One that the store holds is never changed: writers
// copy it.
type registeredModel struct {
	Name     string                       `json:"name"`
	Comment  string                       `json:"comment,omitempty"`
	Creator  string                       `json:"creator"`
	Created  int64                        `json:"created"` // epoch milliseconds
	Last     int                          `json:"last"`
	Versions map[string]registeredVersion `json:"versions"`
	Aliases  map[string]string            `json:"aliases"`           // alias to version
	Deleted  bool                         `json:"deleted,omitempty"` // one that the workspace began with
}

type registeredVersion struct {
	Model
	Source  string `json:"source,omitempty"`
	Comment string `json:"comment,omitempty"`
	Creator string `json:"creator"`
	Created int64  `json:"created"` // epoch milliseconds
}

func noModel(name string) error {
	return refuse(http.StatusNotFound, api.CodeNotFound, "Registered model '%s' does not exist.", name)
}

func noVersion(name, version string) error {
	return refuse(http.StatusNotFound, api.CodeNotFound, "Version '%s' of registered model '%s' does not exist.", version, name)
}

// find returns a model version, and whether its name is known at all.
func (s *modelStore) find(name, version string) (m Model, known, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.models[name]
	if r == nil {
		return Model{}, false, false
	}
	v, found := r.Versions[version]
	return v.Model, true, found
}

// newModel is a registered name without versions.
func newModel(m registeredModel) change[*registeredModel] {
	return func(old *registeredModel) (*registeredModel, error) {
		if old != nil {
			return nil, refuse(http.StatusBadRequest, api.CodeAlreadyExists, "Registered model '%s' already exists.", m.Name)
		}
		m.Versions, m.Aliases = map[string]registeredVersion{}, map[string]string{}
		return &m, nil
	}
}

// addVersion gives a model its next version. It looks like the version before it, and like an 8B llama if it is the
// first: no directory is ever taken from a request.
func (m *registeredModel) addVersion(v registeredVersion) registeredVersion {
	before, ok := m.Versions[strconv.Itoa(m.Last)]
	m.Last++
	v.Model = llama8B(m.Name, strconv.Itoa(m.Last))
	if ok {
		v.Model = before.Model
		v.Version = strconv.Itoa(m.Last)
	}
	m.Versions[v.Version] = v
	return v
}

// in runs f on a registered model.
func (s *modelStore) in(name string, f func(*registeredModel) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.models[name]
	if m == nil {
		return noModel(name)
	}
	return f(m)
}

// inVersion runs f on a version of a registered model.
func (s *modelStore) inVersion(name, version string, f func(*registeredModel, registeredVersion) error) error {
	return s.in(name, func(m *registeredModel) error {
		v, ok := m.Versions[version]
		if !ok {
			return noVersion(name, version)
		}
		return f(m, v)
	})
}

// change is what becomes of a value; it may be asked several times.
type change[T any] func(old T) (T, error)

// changing is a change of a copy of a model that exists.
func changing(name string, f func(*registeredModel) error) change[*registeredModel] {
	return func(old *registeredModel) (*registeredModel, error) {
		if old == nil {
			return nil, noModel(name)
		}
		m := *old
		m.Versions, m.Aliases = maps.Clone(old.Versions), maps.Clone(old.Aliases)
		return &m, f(&m)
	}
}

// deleting is the change that leaves nothing.
func deleting(name string) change[*registeredModel] {
	return func(old *registeredModel) (*registeredModel, error) {
		if old == nil {
			return nil, noModel(name)
		}
		return nil, nil
	}
}

// changeModel changes a registered model; nil stands for one that is not there.
func (w *workspace) changeModel(ctx context.Context, name string, f change[*registeredModel]) error {
	return w.commit(ctx, func() ([]entry, error) {
		next, err := f(w.models.get(name))
		if err != nil {
			return nil, err
		}
		e := entry{scope: w.name, kind: keepModels, name: name}
		switch {
		case next != nil:
			e.value = next
		case w.models.seeds[name] != nil:
			e.value = &registeredModel{Name: name, Deleted: true}
		}
		return []entry{e}, nil
	})
}

// deleteVersion removes a version; its number is not used again.
func (w *workspace) deleteVersion(ctx context.Context, name, version string) error {
	return w.changeModel(ctx, name, changing(name, func(m *registeredModel) error {
		if _, ok := m.Versions[version]; !ok {
			return noVersion(name, version)
		}
		delete(m.Versions, version)
		return nil
	}))
}

func (s *modelStore) get(name string) *registeredModel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.models[name]
}

// set takes a model as it was kept; nil brings back what the server began with.
func (s *modelStore) set(name string, m *registeredModel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m == nil {
		m = s.seeds[name]
	}
	if m == nil || m.Deleted {
		delete(s.models, name)
		return
	}
	s.models[name] = m
}

// reset brings back what the server began with.
func (s *modelStore) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.models = maps.Clone(s.seeds)
}

// list calls f for each model in order of names.
func (s *modelStore) list(f func(*registeredModel)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range sortedKeys(s.models) {
		f(s.models[name])
	}
}

// sorted lists the versions, oldest first.
func (m *registeredModel) sorted() []registeredVersion {
	var out []registeredVersion
	for n := 1; n <= m.Last; n++ {
		if v, ok := m.Versions[strconv.Itoa(n)]; ok {
			out = append(out, v)
		}
	}
	return out
}

// seed gives a new workspace the server's models, so that clients can look them up and add versions.
func (s *modelStore) seed(models []Model, created int64) {
	s.seeds = map[string]*registeredModel{}
	for _, m := range models {
		if m.Optimizable && m.ChunkSize == 0 {
			m.ChunkSize = chunkSize(m.Parameters)
		}
		r := s.seeds[m.Name]
		if r == nil {
			r = &registeredModel{Name: m.Name, Creator: "System", Created: created, Versions: map[string]registeredVersion{}, Aliases: map[string]string{}}
			s.seeds[m.Name] = r
		}
		if n, err := strconv.Atoi(m.Version); err == nil {
			r.Last = max(r.Last, n)
		}
		r.Versions[m.Version] = registeredVersion{Model: m, Source: m.Dir, Creator: "System", Created: created}
	}
	s.reset()
}
