package mockserver

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"
)

// workspace is an isolated tenant: its endpoints, secrets, models and built images.
type workspace struct {
	scope
	ledger *ledger
	world  *world

	secrets secretStore
	models  modelStore

	endpoints map[string]*record
	ids       int // of endpoints made so far
	images    map[string]bool

	windowStart time.Time // of operations
	operations  int
}

func newWorkspace(name string, l *ledger, common *world) *workspace {
	return &workspace{
		scope: newScope(name), ledger: l, world: common,
		endpoints: map[string]*record{}, images: map[string]bool{},
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

// endpointID is the id of the nth endpoint: 32 lower-case hex digits, the same from run to run.
func (w *workspace) endpointID(n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", w.name, n))
	return hex.EncodeToString(sum[:16])
}

// take applies an entry; mu is held.
func (w *workspace) take(e entry) {
	switch e.kind {
	case keepEndpoints:
		if r, ok := e.value.(*record); ok {
			w.endpoints[e.name] = r
		} else {
			delete(w.endpoints, e.name)
		}
	case keepCounters:
		w.ids, _ = e.value.(int)
	case keepImages:
		if e.value == nil {
			delete(w.images, e.name)
		} else {
			w.images[e.name] = true
		}
	case keepSecrets:
		keys, _ := e.value.(secretScopeKeys)
		w.secrets.set(e.name, keys)
	case keepModels:
		m, _ := e.value.(*registeredModel)
		w.models.set(e.name, m)
	case "":
		clear(w.endpoints)
		clear(w.images)
		w.ids, w.operations = 0, 0
		w.secrets.reset()
		w.models.reset()
	}
}

// commit changes the workspace, and what failures it uses up.
func (w *workspace) commit(ctx context.Context, decide func() ([]entry, error)) error {
	return w.ledger.commit(ctx, decide, w, w.world)
}

// get returns an endpoint as it is at now.
func (w *workspace) get(name string, p Progression, now time.Time) (*record, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.load(name, p, now)
}

// observe is get for a client's GET, which is what a progression by reads counts.
func (w *workspace) observe(ctx context.Context, name string, p Progression, now time.Time) (*record, error) {
	r, err := w.get(name, p, now)
	if err != nil || p.mode != byReads || !r.updating() {
		return r, err
	}
	return w.update(ctx, name, p, now, func(r *draft) error {
		if r.updating() {
			pending := *r.Pending
			pending.Reads++
			r.Pending = &pending
		}
		return nil
	})
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
func (w *workspace) create(ctx context.Context, name string, p Progression, now time.Time, build func(id string) (*draft, error)) (created *record, err error) {
	err = w.commit(ctx, func() ([]entry, error) {
		if _, ok := w.endpoints[name]; ok {
			return nil, alreadyExists(name)
		}
		if len(w.endpoints) >= maxEndpoints {
			return nil, badRequest("The workspace has %d serving endpoints, which is its limit.", maxEndpoints)
		}
		n := w.ids + 1
		d, err := build(w.endpointID(n))
		if err != nil {
			return nil, err
		}
		d.Order = n
		created = advance(d.record, p, now)
		return append(w.written(d, created), entry{w.name, keepCounters, "ids", n}), nil
	})
	return created, err
}

// update changes a copy of an endpoint's record and stores it, unless change fails.
func (w *workspace) update(ctx context.Context, name string, p Progression, now time.Time, change func(*draft) error) (updated *record, err error) {
	err = w.commit(ctx, func() ([]entry, error) {
		r, err := w.load(name, p, now)
		if err != nil {
			return nil, err
		}
		next := *r
		d := w.draft(&next)
		if err := change(d); err != nil {
			return nil, err
		}
		updated = advance(d.record, p, now)
		return append(w.written(d, updated), w.outliving(r, updated, p, now)...), nil
	})
	return updated, err
}

// delete removes an endpoint; its name is free at once.
func (w *workspace) delete(ctx context.Context, name string, p Progression, now time.Time) error {
	return w.commit(ctx, func() ([]entry, error) {
		r, err := w.load(name, p, now)
		if err != nil {
			return nil, err
		}
		return append(w.outliving(r, nil, p, now), entry{w.name, keepEndpoints, name, nil}), nil
	})
}

// draft is a record for a write to change.
func (w *workspace) draft(r *record) *draft { return &draft{record: r, failures: w.world.failures} }

// written are the entries that keep a draft which became r.
func (w *workspace) written(d *draft, r *record) []entry {
	out := []entry{{w.name, keepEndpoints, r.Name, r}}
	if d.spent {
		out = append(out, w.world.listed(d.failures))
	}
	return out
}

// load advances an endpoint to now and remembers what it became; mu is held.
func (w *workspace) load(name string, p Progression, now time.Time) (*record, error) {
	r, ok := w.endpoints[name]
	if !ok {
		return nil, noEndpoint(name)
	}
	r = advance(r, p, now)
	w.endpoints[name] = r
	return r, nil
}
