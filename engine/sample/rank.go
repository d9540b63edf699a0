package sample

import (
	"cmp"
	"math"
	"slices"
)

// candidate is a token that may be drawn.
type candidate struct {
	id  int32
	bin int32
	p   float64 // 1 for the most probable
}

// Candidates fall into bins by how far they stand below the best, so that only
// those which top_k or top_p can keep are sorted: a few instead of a vocabulary.
const (
	bins       = 512
	binsPerNat = 8 // the last bin holds whoever has less than e^-63 of the best
)

// bin counts the candidates of one bin, or of all bins up to it.
type bin struct {
	count int
	mass  float64
}

// weigh makes a candidate of every logit and returns the sum of their p.
func (s *Sampler) weigh(logits []float32, temperature float64) (total float64) {
	s.all, s.bins = s.all[:0], [bins]bin{}
	top := float64(logits[Greedy(logits)])
	for id, l := range logits {
		if l != l { // NaN is never drawn
			continue
		}
		below := (top - float64(l)) / temperature
		c := candidate{int32(id), bins - 1, math.Exp(-below)}
		if at := below * binsPerNat; at < bins-1 {
			c.bin = int32(at)
		}
		b := &s.bins[c.bin]
		b.count++
		b.mass += c.p
		total += c.p
		s.all = append(s.all, c)
	}
	return total
}

// rank keeps the candidates of the best bins, up to the first at which the bins
// together are enough, and sorts them: most probable first, then by id.
func (s *Sampler) rank(enough func(bin) bool) {
	var sum bin
	last := int32(0)
	for ; last < bins-1; last++ {
		sum.count += s.bins[last].count
		if sum.mass += s.bins[last].mass; enough(sum) {
			break
		}
	}
	s.kept = s.kept[:0]
	for _, c := range s.all {
		if c.bin <= last {
			s.kept = append(s.kept, c)
		}
	}
	slices.SortFunc(s.kept, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.p, a.p), cmp.Compare(a.id, b.id))
	})
}

// nucleus is the fewest most probable candidates that reach a mass, and theirs.
func nucleus(ranked []candidate, want float64) ([]candidate, float64) {
	sum := 0.0
	for i, c := range ranked {
		if sum += c.p; sum >= want {
			return ranked[:i+1], sum
		}
	}
	return ranked, sum
}

// mass is the sum of all p.
func mass(list []candidate) (sum float64) {
	for _, c := range list {
		sum += c.p
	}
	return sum
}
