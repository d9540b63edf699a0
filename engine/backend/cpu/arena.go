package cpu

import "unsafe"

// arena hands out memory for weights and caches, in chunks that the system is asked
// to back with huge pages. Decoding reads all of it once a step: with pages of
// 4 KiB the processor looks up every one of them and fetches ahead no further than
// to its end, which costs up to a fifth of the bandwidth.
type arena struct {
	free []byte // of the chunk that was begun last
	last int    // its size
}

const (
	hugePage   = 2 << 20
	smallest   = 1 << 18 // first chunk: a small model takes little memory
	largest    = 32 << 20
	alignment  = 64           // a cache line
	worthwhile = 4 * hugePage // less stays in a cache
)

// take is n bytes of zeros, aligned to a cache line.
func (a *arena) take(n int) []byte {
	n = (n + alignment - 1) / alignment * alignment
	if n > len(a.free) {
		a.last = max(n, min(max(smallest, 2*a.last), largest))
		a.free = chunkOf(a.last)
	}
	out := a.free[:n:n]
	a.free = a.free[n:]
	return out
}

// chunkOf is n bytes of new memory, of huge pages if it is worthwhile.
func chunkOf(n int) []byte {
	boundary := alignment
	if n >= worthwhile {
		boundary = hugePage
	}
	c := make([]byte, n+boundary)
	past := int(uintptr(unsafe.Pointer(unsafe.SliceData(c))) % uintptr(boundary))
	c = c[boundary-past:]
	if n >= worthwhile {
		adviseHuge(c[:len(c)/hugePage*hugePage])
	}
	return c[:n]
}

// takeOf is n elements of T.
func takeOf[T int8 | uint16 | float32](a *arena, n int) []T {
	if n == 0 {
		return nil
	}
	var zero T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(a.take(n*int(unsafe.Sizeof(zero)))))), n)
}
