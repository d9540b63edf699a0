package launcher

import "time"

// Backoff is how long to wait before a program is started again: from Min, doubled with each failure, to Max.
type Backoff struct {
	Min, Max time.Duration
}

// delay is the wait after the nth failure in a row, n from 1. Half of it is jitter, a number from 0 to 1, so that
// programs that failed together do not start together.
func (b Backoff) delay(n int, jitter float64) time.Duration {
	d := b.Min
	for ; n > 1 && d < b.Max; n-- {
		d *= 2
	}
	d = min(d, b.Max)
	return d/2 + time.Duration(jitter*float64(d-d/2))
}
