package mockserver

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// modelStore holds the models that clients registered in a workspace.
type modelStore struct {
	mu     sync.Mutex
	models map[string]*registeredModel
}

// registeredModel is a name with its versions, numbered from 1.
type registeredModel struct {
	Name     string                       `json:"name"`
	Comment  string                       `json:"comment,omitempty"`
	Creator  string                       `json:"creator"`
	Created  int64                        `json:"created"` // epoch milliseconds
	Last     int                          `json:"last"`
	Versions map[string]registeredVersion `json:"versions"`
	Aliases  map[string]string            `json:"aliases"` // alias to version
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

// create registers a name.
func (s *modelStore) create(m registeredModel) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.models[m.Name] != nil {
		return refuse(http.StatusBadRequest, api.CodeAlreadyExists, "Registered model '%s' already exists.", m.Name)
	}
	m.Versions, m.Aliases = map[string]registeredVersion{}, map[string]string{}
	s.models[m.Name] = &m
	return nil
}

// addVersion registers the next version of a name. It looks like the version before it, and like an 8B llama
// if it is the first: no directory is ever taken from a request.
func (s *modelStore) addVersion(name string, v registeredVersion) (registeredVersion, error) {
	err := s.in(name, func(m *registeredModel) error {
		before, ok := m.Versions[strconv.Itoa(m.Last)]
		m.Last++
		v.Model = llama8B(name, strconv.Itoa(m.Last))
		if ok {
			v.Model = before.Model
			v.Version = strconv.Itoa(m.Last)
		}
		m.Versions[v.Version] = v
		return nil
	})
	return v, err
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

func (s *modelStore) delete(name string) error {
	return s.in(name, func(*registeredModel) error {
		delete(s.models, name)
		return nil
	})
}

// changeModel runs a change of a model and keeps what it did.
func (w *workspace) changeModel(name string, change func(*modelStore) error) error {
	if err := change(&w.models); err != nil {
		return err
	}
	return w.keepModel(name)
}

// replace takes the place of all models.
func (s *modelStore) replace(models map[string]*registeredModel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.models = models
}

// deleteVersion removes a version; its number is not used again.
func (w *workspace) deleteVersion(name, version string) error {
	return w.changeModel(name, func(s *modelStore) error {
		return s.inVersion(name, version, func(m *registeredModel, v registeredVersion) error {
			delete(m.Versions, v.Version)
			return nil
		})
	})
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

// seed copies the server's models into a new workspace, so that clients can look them up and add versions.
func (s *modelStore) seed(models []Model, created int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.models = map[string]*registeredModel{}
	for _, m := range models {
		if m.Optimizable && m.ChunkSize == 0 {
			m.ChunkSize = chunkSize(m.Parameters)
		}
		r := s.models[m.Name]
		if r == nil {
			r = &registeredModel{Name: m.Name, Creator: "System", Created: created, Versions: map[string]registeredVersion{}, Aliases: map[string]string{}}
			s.models[m.Name] = r
		}
		if n, err := strconv.Atoi(m.Version); err == nil {
			r.Last = max(r.Last, n)
		}
		r.Versions[m.Version] = registeredVersion{Model: m, Source: m.Dir, Creator: "System", Created: created}
	}
}
