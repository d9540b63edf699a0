package cpu

import (
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// TestArena checks that pieces are as long as asked, aligned, zero and apart.
func TestArena(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a arena
		var pieces [][]byte
		for i, n := range rapid.SliceOfN(rapid.IntRange(1, smallest), 1, 8).Draw(t, "sizes") {
			p := a.take(n)
			if len(p) < n || uintptr(unsafe.Pointer(&p[0]))%alignment != 0 {
				t.Fatalf("piece %d: %d bytes of %d at %p", i, len(p), n, &p[0])
			}
			for _, at := range []int{0, n / 2, len(p) - 1} {
				if p[at] != 0 {
					t.Fatalf("piece %d begins with what another wrote", i)
				}
			}
			for j := range p {
				p[j] = byte(i + 1)
			}
			pieces = append(pieces, p)
		}
		for i, p := range pieces {
			for _, v := range p {
				if v != byte(i+1) {
					t.Fatalf("piece %d was overwritten by piece %d", i, v-1)
				}
			}
		}
	})
}

// TestLargePieces checks sizes beyond a chunk and the edges of huge pages.
func TestLargePieces(t *testing.T) {
	var a arena
	for _, n := range []int{largest, largest + 1, worthwhile, hugePage - 1} {
		floats := takeOf[float32](&a, n/4)
		if len(floats) != n/4 || floats[n/4-1] != 0 {
			t.Errorf("%d floats of %d", len(floats), n/4)
		}
	}
	if takeOf[int8](&a, 0) != nil {
		t.Error("no elements are memory")
	}
}
