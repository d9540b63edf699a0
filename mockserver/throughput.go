package mockserver

import (
	"sync"
	"time"
)

// The pace of autoscaling: a step of one chunk up, and back to the minimum after idling. Provisioned
// throughput scales more slowly than CPUs do (provisioned-throughput document); the figures are ours.
const (
	scaleUpEvery   = 2 * time.Minute
	scaleDownAfter = 10 * time.Minute
)

// buckets hold what provisioned throughput is left, by endpoint id and served entity.
type buckets struct {
	mu      sync.Mutex
	buckets map[meterKey]*bucket
}

// bucket fills at the provisioned tokens per second and holds one second of it. A request is let in while
// there is anything left, and pays with prompt and output tokens when it has ended, into debt if need be.
type bucket struct {
	left     float64
	at       time.Time // when left was right
	pressure time.Time // since when requests were refused; zero: not since the last idling
}

// rate is what an entity is provisioned with at now, in tokens per second, between its minimum and maximum.
func (b *bucket) rate(e served, chunk int64, p Progression, now time.Time) float64 {
	lowest, highest := deref(e.Spec.MinProvisionedThroughput), deref(e.Spec.MaxProvisionedThroughput)
	rate := max(lowest, chunk)
	if !b.pressure.IsZero() {
		steps := int64(p.scaled(now.Sub(b.pressure)) / scaleUpEvery)
		rate = min(rate+steps*chunk, highest)
	}
	return float64(rate)
}

// fill brings the bucket to now.
func (b *bucket) fill(e served, chunk int64, p Progression, now time.Time) (rate float64) {
	idle := p.scaled(now.Sub(b.at))
	if !b.at.IsZero() && idle >= scaleDownAfter {
		b.pressure = time.Time{}
	}
	rate = b.rate(e, chunk, p, now)
	if b.at.IsZero() {
		b.left = rate
	} else {
		b.left = min(rate, b.left+rate*idle.Seconds())
	}
	b.at = now
	return rate
}

// admit lets a request in, or says how long to wait. Throughput is a matter of time: where time does not move
// deployments on, it does not limit them either, and where time is scaled, so is throughput.
func (b *buckets) admit(k meterKey, e served, chunk int64, p Progression, now time.Time) (wait time.Duration, ok bool) {
	if p.mode != byTime {
		return 0, true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.buckets == nil {
		b.buckets = map[meterKey]*bucket{}
	}
	t := b.buckets[k]
	if t == nil {
		t = &bucket{}
		b.buckets[k] = t
	}
	rate := t.fill(e, chunk, p, now)
	if t.left > 0 {
		return 0, true
	}
	if t.pressure.IsZero() {
		t.pressure = now
	}
	return time.Duration((1 - t.left) / rate / p.factor * float64(time.Second)), false
}

// charge takes the tokens of an answer out.
func (b *buckets) charge(k meterKey, tokens int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.buckets[k]; t != nil {
		t.left -= float64(tokens)
	}
}
