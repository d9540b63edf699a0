package mockserver

import (
	"maps"
	"net/http"
	"slices"
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
	name     string
	comment  string
	creator  string
	created  int64 // epoch milliseconds
	last     int
	versions map[string]registeredVersion
	aliases  map[string]string // alias to version
}

type registeredVersion struct {
	Model
	source  string
	comment string
	creator string
	created int64 // epoch milliseconds
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
	v, found := r.versions[version]
	return v.Model, true, found
}

// create registers a name.
func (s *modelStore) create(m registeredModel) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.models[m.name] != nil {
		return refuse(http.StatusBadRequest, api.CodeAlreadyExists, "Registered model '%s' already exists.", m.name)
	}
	m.versions, m.aliases = map[string]registeredVersion{}, map[string]string{}
	s.models[m.name] = &m
	return nil
}

// addVersion registers the next version of a name. It looks like the version before it, and like an 8B llama
// if it is the first: no directory is ever taken from a request.
func (s *modelStore) addVersion(name string, v registeredVersion) (registeredVersion, error) {
	err := s.in(name, func(m *registeredModel) error {
		before, ok := m.versions[strconv.Itoa(m.last)]
		m.last++
		v.Model = llama8B(name, strconv.Itoa(m.last))
		if ok {
			v.Model = before.Model
			v.Version = strconv.Itoa(m.last)
		}
		m.versions[v.Version] = v
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
		v, ok := m.versions[version]
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

// list calls f for each model in order of names.
func (s *modelStore) list(f func(*registeredModel)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.models)) {
		f(s.models[name])
	}
}

// sorted lists the versions, oldest first.
func (m *registeredModel) sorted() []registeredVersion {
	var out []registeredVersion
	for n := 1; n <= m.last; n++ {
		if v, ok := m.versions[strconv.Itoa(n)]; ok {
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
			r = &registeredModel{name: m.Name, creator: "System", created: created, versions: map[string]registeredVersion{}, aliases: map[string]string{}}
			s.models[m.Name] = r
		}
		if n, err := strconv.Atoi(m.Version); err == nil {
			r.last = max(r.last, n)
		}
		r.versions[m.Version] = registeredVersion{Model: m, source: m.Dir, creator: "System", created: created}
	}
}
