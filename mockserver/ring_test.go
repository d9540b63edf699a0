package mockserver

import (
	"slices"
	"testing"
)

func TestRing(t *testing.T) {
	r := ring[int]{size: 3}
	for i, want := range [][]int{{}, {0}, {0, 1}, {0, 1, 2}, {1, 2, 3}, {2, 3, 4}, {3, 4, 5}, {4, 5, 6}} {
		if got := r.all(); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		r.push(i)
	}
}
