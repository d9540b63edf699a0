package main

import (
	"sync"
	"time"
	"unsafe"
)

// bandwidthBytes is far more than any cache holds.
const bandwidthBytes = 1 << 29

// memory is a buffer to read for the measurement of its bandwidth.
type memory struct {
	words   []uint64
	threads int
}

func newMemory(threads int) *memory {
	m := &memory{make([]uint64, bandwidthBytes/int(unsafe.Sizeof(uint64(0)))), threads}
	for i := 0; i < len(m.words); i += 512 {
		m.words[i] = 1 // every page is memory of its own
	}
	return m
}

// bandwidth is how many bytes a second the threads read together, the best of
// some passes.
func (m *memory) bandwidth() float64 {
	const passes = 3
	best := 0.0
	for range passes {
		var done sync.WaitGroup
		begin := time.Now()
		sums := make([]uint64, m.threads*8) // a cache line each
		for t := range m.threads {
			done.Go(func() {
				sums[t*8] = readLines(m.words[len(m.words)*t/m.threads : len(m.words)*(t+1)/m.threads])
			})
		}
		done.Wait()
		best = max(best, bandwidthBytes/time.Since(begin).Seconds())
	}
	return best
}

// readLines touches every cache line. Four streams keep more lines on their way
// than one.
func readLines(words []uint64) uint64 {
	var a, b, c, d uint64
	n := len(words) / 4
	w, x, y, z := words[:n], words[n:2*n], words[2*n:3*n], words[3*n:4*n]
	for i := 0; i < n; i += 8 {
		a += w[i]
		b += x[i]
		c += y[i]
		d += z[i]
	}
	return a + b + c + d
}
