package upstream

import (
	"testing"
	"time"
)

// While one call tries an open circuit, the others wait for what it finds.
func TestOneCallTries(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBreaker(BreakerConfig{Failures: 1, Cooldown: time.Minute}, func() time.Time { return now })
	try := func(step string, want bool) {
		t.Helper()
		if wait, ok := b.allow(); ok != want || !ok && wait <= 0 {
			t.Errorf("%s: %v, wait %v", step, ok, wait)
		}
	}
	try("closed", true)
	b.record(bad)
	try("open", false)
	now = now.Add(time.Minute)
	try("first", true)
	try("second, meanwhile", false)
	b.record(unknown)
	try("after a call that found nothing out", true)
	b.record(good)
	try("closed again", true)
	try("for everybody", true)
}

func TestNoCircuit(t *testing.T) {
	b := newBreaker(BreakerConfig{Failures: -1}, time.Now)
	for range 100 {
		if _, ok := b.allow(); !ok {
			t.Fatal("open")
		}
		b.record(bad)
	}
}
