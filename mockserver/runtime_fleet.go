package mockserver

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/launcher"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

// fleet is the engines that the server launched, one for each deployment of an entity; replicas are not launched.
type fleet struct {
	engines *upstream.Set
	pool    *gpuPool
	ports   launcher.Ports
	clock   func() time.Time
	notify  func()

	mu  sync.RWMutex
	all map[engineKey]*launched
}

func newFleet(o Options, notify func()) *fleet {
	return &fleet{engines: o.Engines, pool: newGPUPool(o), clock: o.Clock, notify: notify, all: map[engineKey]*launched{}}
}

// jitter need not repeat from run to run: it spreads restarts, and nothing that clients see depends on it.
func (f *fleet) jitter() float64 { return rand.Float64() }

func (f *fleet) get(k engineKey) *launched {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.all[k]
}

// lines is what the engine of a deployment printed last.
func (f *fleet) lines(k engineKey) []launcher.Line {
	if l := f.get(k); l != nil {
		return l.log.Lines()
	}
	return nil
}

// add returns the engine of a deployment, made if there is none.
func (f *fleet) add(k engineKey, place *upstream.Place, spec api.ServedEntityInput, m Model, keys upstream.KeyFunc) *launched {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.all[k]
	if l == nil {
		l = &launched{place: place, spec: spec, model: m, keys: keys, fleet: f, log: launcher.NewLog(f.clock), wanted: time.Now()}
		f.all[k] = l
	}
	return l
}

// retain stops all engines but those that run says, and forgets those that nobody keeps once they have ended.
// It reports whether any is left.
func (f *fleet) retain(run, keep func(engineKey) bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, l := range f.all {
		if !run(k) {
			l.stop()
		}
		if l.settle() && !keep(k) {
			delete(f.all, k)
		}
	}
	return len(f.all) > 0
}

// close stops all engines and returns when they have ended.
func (f *fleet) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.all {
		l.stop()
	}
	for _, l := range f.all {
		if l.process != nil {
			<-l.process.Done()
		}
	}
}
