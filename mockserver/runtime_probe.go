package mockserver

import (
	"context"
	"sync"
	"time"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

// How long an engine may take to say how it is, how long its word counts, and how long a reader waits for a new one.
const (
	probeTimeout  = 2 * time.Second
	probeAge      = time.Second
	probePatience = 100 * time.Millisecond
)

// probes asks engines in the background how they are, one question at a time to each, and remembers the answers.
// Workspaces have keys of their own, so that each asks for itself.
type probes struct {
	clock  func() time.Time
	age    time.Duration // from which an answer is old
	mu     sync.Mutex
	all    map[probeKey]*probe
	wg     sync.WaitGroup
	ctx    context.Context
	cancel context.CancelFunc
}

type probeKey struct {
	workspace string
	backend   upstream.Backend
}

type probe struct {
	at     time.Time // of the last answer; zero: there is none
	err    error
	flight chan struct{} // closed when the answer under way is there; nil: none is
}

func newProbes(clock func() time.Time) *probes {
	p := &probes{clock: clock, age: probeAge, all: map[probeKey]*probe{}}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// ask starts a question if the last answer is old, and returns what is closed when the answer is there; nil where
// there is nothing to wait for. It never blocks.
func (p *probes) ask(k probeKey, keys upstream.KeyFunc) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.all[k]
	if b == nil {
		b = &probe{}
		p.all[k] = b
	}
	if b.flight != nil || p.ctx.Err() != nil || !b.at.IsZero() && p.clock().Sub(b.at) < p.age {
		return b.flight
	}
	done := make(chan struct{})
	b.flight = done
	p.wg.Go(func() {
		ctx, cancel := context.WithTimeout(p.ctx, probeTimeout)
		defer cancel()
		err := k.backend.Ready(ctx, keys)
		p.mu.Lock()
		defer p.mu.Unlock()
		b.at, b.err, b.flight = p.clock(), err, nil
		close(done)
	})
	return done
}

// last is the last answer; known is false while there is none.
func (p *probes) last(k probeKey) (known bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.all[k]
	if b == nil || b.at.IsZero() {
		return false, nil
	}
	return true, b.err
}

// close ends what is under way.
func (p *probes) close() {
	p.mu.Lock()
	p.cancel()
	p.mu.Unlock()
	p.wg.Wait()
}
