package main

import (
	"sync"
	"time"
	"unsafe"
)

// bandwidthBytes is far more than any cache holds.
const bandwidthBytes = 1 << 29

// bandwidth is how many bytes a second the threads read together from memory, the
// best of some passes over a buffer that no cache holds.
func bandwidth(threads, passes int) float64 {
	words := make([]uint64, bandwidthBytes/int(unsafe.Sizeof(uint64(0))))
	for i := 0; i < len(words); i += 512 {
		words[i] = 1 // every page is memory of its own
	}
	best := 0.0
	for range passes {
		var done sync.WaitGroup
		begin := time.Now()
		sums := make([]uint64, threads*8) // a cache line each
		for t := range threads {
			done.Go(func() { sums[t*8] = readLines(words[len(words)*t/threads : len(words)*(t+1)/threads]) })
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
