package mockserver

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// workspace is an isolated tenant: its endpoints, secrets and built images.
type workspace struct {
	name    string
	secrets secretStore
	models  modelStore

	mu        sync.Mutex
	endpoints map[string]*record
	ids       int // of endpoints made so far
	built     map[string]bool

	windowStart time.Time // of operations
	operations  int

	vault *vault // what clients were told is kept there first
}

func newWorkspace(name string, v *vault) *workspace {
	return &workspace{
		name:      name,
		vault:     v,
		endpoints: map[string]*record{},
		built:     map[string]bool{},
	}
}

// id is the workspace's number, stable for a name.
func (w *workspace) id() uint64 {
	sum := sha256.Sum256([]byte(w.name))
	var n uint64
	for _, b := range sum[:6] {
		n = n<<8 | uint64(b)
	}
	return n
}

// nextID makes the id of a new endpoint: 32 lower-case hex digits, the same from run to run.
func (w *workspace) nextID() string {
	w.ids++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", w.name, w.ids))
	return hex.EncodeToString(sum[:16])
}

// get returns an endpoint as it is at now.
func (w *workspace) get(name string, p Progression, now time.Time) (*record, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.load(name, p, now)
}

// observe is get for a client's GET, which is what a progression by reads counts.
func (w *workspace) observe(name string, p Progression, now time.Time) (*record, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, err := w.load(name, p, now)
	if err != nil || p.mode != byReads || !r.updating() {
		return r, err
	}
	next, pending := *r, *r.Pending
	pending.Reads++
	next.Pending = &pending
	return w.save(advance(&next, p, now), p, now), nil
}

// list returns all endpoints as they are at now, oldest first.
func (w *workspace) list(p Progression, now time.Time) []*record {
	w.mu.Lock()
	defer w.mu.Unlock()
	names := slices.SortedFunc(maps.Keys(w.endpoints), func(a, b string) int { return cmp.Compare(w.endpoints[a].Order, w.endpoints[b].Order) })
	out := make([]*record, 0, len(names))
	for _, n := range names {
		if r, err := w.load(n, p, now); err == nil {
			out = append(out, r)
		}
	}
	return out
}

// create adds an endpoint; build gets the new id.
func (w *workspace) create(name string, p Progression, now time.Time, build func(id string) (*record, error)) (*record, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.endpoints[name]; ok {
		return nil, alreadyExists(name)
	}
	if len(w.endpoints) >= maxEndpoints {
		return nil, badRequest("The workspace has %d serving endpoints, which is its limit.", maxEndpoints)
	}
	r, err := build(w.nextID())
	if err != nil {
		return nil, err
	}
	r.Order = w.ids
	r = advance(r, p, now)
	if err := w.vault.write(w.name, entry{keepEndpoints, name, w.vault.kept(r)}, entry{keepCounters, "ids", w.ids}); err != nil {
		return nil, err
	}
	return w.save(r, p, now), nil
}

// update changes a copy of an endpoint's record and stores it, unless change fails.
func (w *workspace) update(name string, p Progression, now time.Time, change func(*record) error) (*record, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, err := w.load(name, p, now)
	if err != nil {
		return nil, err
	}
	next := *r
	if err := change(&next); err != nil {
		return nil, err
	}
	r = advance(&next, p, now)
	if err := w.vault.write(w.name, entry{keepEndpoints, name, w.vault.kept(r)}); err != nil {
		return nil, err
	}
	return w.save(r, p, now), nil
}

// delete removes an endpoint; its name is free at once.
func (w *workspace) delete(name string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.endpoints[name]; !ok {
		return noEndpoint(name)
	}
	if err := w.vault.write(w.name, entry{keepEndpoints, name, nil}); err != nil {
		return err
	}
	delete(w.endpoints, name)
	return nil
}

// put takes a record that was kept.
func (w *workspace) put(r *record, p Progression, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.save(r, p, now)
}

// keepScope keeps the secrets of a scope, if they can be encrypted.
func (w *workspace) keepScope(scope string) error {
	if !w.vault.sealed() {
		return nil
	}
	w.secrets.mu.Lock()
	defer w.secrets.mu.Unlock()
	e := entry{kind: keepSecrets, name: scope}
	if keys, ok := w.secrets.scopes[scope]; ok {
		e.value = keys
	}
	return w.vault.write(w.name, e)
}

// keepModel keeps a registered model with its versions.
func (w *workspace) keepModel(name string) error {
	w.models.mu.Lock()
	defer w.models.mu.Unlock()
	e := entry{kind: keepModels, name: name}
	if m, ok := w.models.models[name]; ok {
		e.value = m
	}
	return w.vault.write(w.name, e)
}

// load advances an endpoint to now and keeps what it became.
func (w *workspace) load(name string, p Progression, now time.Time) (*record, error) {
	r, ok := w.endpoints[name]
	if !ok {
		return nil, noEndpoint(name)
	}
	if next := advance(r, p, now); next != r {
		return w.save(next, p, now), nil
	}
	return r, nil
}

// save stores a record and remembers the images that its rollout has built.
func (w *workspace) save(r *record, p Progression, now time.Time) *record {
	w.endpoints[r.Name] = r
	for _, v := range []*revision{r.Active, r.Pending} {
		if v == nil {
			continue
		}
		at := p.progress(v, now)
		for _, e := range v.Entities {
			if e.builds() && (v == r.Active || stagesDone(e, p, at) > 0) && (e.Failure == nil || e.Failure.At > 0) {
				w.built[imageKey(e.Spec)] = true
			}
		}
	}
	return r
}
