package sample

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// ErrParams wraps every error about sampling parameters; the text names the field.
var ErrParams = errors.New("sampling parameters")

// Params are one request's sampling parameters.
type Params struct {
	Temperature float64 // 0 is greedy
	TopP        float64 // 0 means 1, which is off
	TopK        int     // 0 means off
	Seed        uint64
}

// Bounds of Params that the serving APIs share.
const (
	MaxTemperature = 2
	MaxTopLogprobs = 20
)

// Validate answers ErrParams for what no model could be asked for.
func (p Params) Validate() error {
	switch {
	case math.IsNaN(p.Temperature) || p.Temperature < 0 || p.Temperature > MaxTemperature:
		return fmt.Errorf("%w: temperature must be between 0 and %d, not %g", ErrParams, MaxTemperature, p.Temperature)
	case math.IsNaN(p.TopP) || p.TopP < 0 || p.TopP > 1:
		return fmt.Errorf("%w: top_p must be between 0 and 1, not %g", ErrParams, p.TopP)
	case p.TopK < 0:
		return fmt.Errorf("%w: top_k must not be negative, not %d", ErrParams, p.TopK)
	}
	return nil
}

// Sampler draws tokens. It keeps scratch memory and serves one goroutine.
type Sampler struct {
	ranked []candidate
}

type candidate struct {
	id int32
	p  float64 // logit, then probability
}

// Sample picks a token for output position index of a choice. Logits are not changed.
func (s *Sampler) Sample(logits []float32, p Params, choice, index int) int32 {
	if p.Temperature == 0 || p.TopK == 1 {
		return Greedy(logits)
	}
	s.ranked = s.ranked[:0]
	top := float64(logits[Greedy(logits)])
	for id, l := range logits {
		if l == l { // NaN is never drawn
			s.ranked = append(s.ranked, candidate{int32(id), (float64(l) - top) / p.Temperature})
		}
	}
	if p.TopK > 0 || p.TopP > 0 && p.TopP < 1 {
		slices.SortFunc(s.ranked, func(a, b candidate) int {
			return cmp.Or(cmp.Compare(b.p, a.p), cmp.Compare(a.id, b.id))
		})
	}
	if p.TopK > 0 {
		s.ranked = s.ranked[:min(p.TopK, len(s.ranked))]
	}
	total := 0.0
	for i := range s.ranked {
		s.ranked[i].p = math.Exp(s.ranked[i].p)
		total += s.ranked[i].p
	}
	if p.TopP > 0 && p.TopP < 1 {
		total = s.nucleus(p.TopP * total)
	}
	return s.draw(total * uniform(p.Seed, choice, index))
}

// nucleus keeps the fewest most probable tokens that reach mass, and returns theirs.
func (s *Sampler) nucleus(mass float64) float64 {
	sum := 0.0
	for i, c := range s.ranked {
		if sum += c.p; sum >= mass {
			s.ranked = s.ranked[:i+1]
			break
		}
	}
	return sum
}

// draw is the token at which the running sum passes at.
func (s *Sampler) draw(at float64) int32 {
	if len(s.ranked) == 0 {
		return 0
	}
	sum := 0.0
	for _, c := range s.ranked {
		if sum += c.p; at < sum {
			return c.id
		}
	}
	return s.ranked[len(s.ranked)-1].id
}

// uniform is a number in [0, 1) that depends on nothing but its arguments.
func uniform(seed uint64, choice, index int) float64 {
	src := rand.NewPCG(seed, uint64(choice)<<32|uint64(uint32(index)))
	src.Uint64() // neighbouring states begin alike
	return float64(src.Uint64()>>11) / (1 << 53)
}

// Greedy is the id of the highest logit, the lowest id of those that are equal.
func Greedy(logits []float32) int32 {
	best, id := float32(math.Inf(-1)), 0
	for i, l := range logits {
		if l > best {
			best, id = l, i
		}
	}
	return int32(id)
}
