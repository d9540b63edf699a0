package upstream

import (
	"sync"
	"time"
)

// BreakerConfig says when an upstream is given a rest.
type BreakerConfig struct {
	Failures int           // in a row that open the circuit; default 5, negative: never
	Cooldown time.Duration // until one request may try again; default 10 s
}

// breaker refuses calls to an upstream that keeps failing, and after a while lets one try. It counts what speaks
// against the upstream alone: no cancelled calls, no 4xx, no rate limits.
type breaker struct {
	config BreakerConfig
	now    func() time.Time

	mu        sync.Mutex
	failures  int
	openUntil time.Time
	probing   bool
}

func newBreaker(c BreakerConfig, now func() time.Time) *breaker {
	if c.Failures == 0 {
		c.Failures = 5
	}
	if c.Cooldown <= 0 {
		c.Cooldown = 10 * time.Second
	}
	return &breaker{config: c, now: now}
}

// outcome is what a call says about the upstream.
type outcome int

const (
	unknown outcome = iota // the call ended for reasons of its own
	good
	bad
)

// allow lets a call through, or says how long to wait. Each call that it lets through must be recorded.
func (b *breaker) allow() (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.config.Failures < 0 || b.failures < b.config.Failures {
		return 0, true
	}
	if wait := b.openUntil.Sub(b.now()); wait > 0 {
		return wait, false
	}
	if b.probing {
		return b.config.Cooldown, false
	}
	b.probing = true
	return 0, true
}

// record notes how a call ended.
func (b *breaker) record(o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	switch o {
	case good:
		b.failures = 0
	case bad:
		b.failures++
		b.openUntil = b.now().Add(b.config.Cooldown)
	}
}
