package mockserver

import (
	"net/http"
	"testing"
	"time"
)

// TestMeterForgetsAfterAMinute counts invocations by status over the last minute, to the second.
func TestMeterForgetsAfterAMinute(t *testing.T) {
	var m meters
	k := meterKey{"id", "a"}
	start := time.Unix(1_700_000_000, 0)
	total := func(now time.Time) (all, c4x, c5x int) {
		for _, s := range m.meters[k].within(now) {
			all, c4x, c5x = all+s.all, c4x+s.c4x, c5x+s.c5x
		}
		return all, c4x, c5x
	}
	for i, status := range []int{http.StatusOK, http.StatusNotFound, http.StatusTooManyRequests, http.StatusBadGateway} {
		m.record(k, status, time.Millisecond, start.Add(time.Duration(i)*10*time.Second))
	}
	for _, c := range []struct {
		after         time.Duration
		all, c4x, c5x int
	}{
		{30 * time.Second, 4, 2, 1}, {59 * time.Second, 4, 2, 1}, {60 * time.Second, 3, 2, 1},
		{79 * time.Second, 2, 1, 1}, {89 * time.Second, 1, 0, 1}, {90 * time.Second, 0, 0, 0},
	} {
		if all, c4x, c5x := total(start.Add(c.after)); all != c.all || c4x != c.c4x || c5x != c.c5x {
			t.Errorf("after %v: %d, %d, %d, want %d, %d, %d", c.after, all, c4x, c5x, c.all, c.c4x, c.c5x)
		}
	}
	// A second comes around in the place of one that is a minute old.
	for range 3 {
		m.record(k, http.StatusOK, time.Millisecond, start.Add(600*time.Second))
	}
	if all, _, _ := total(start.Add(600 * time.Second)); all != 3 {
		t.Errorf("%d invocations, want 3", all)
	}
}
