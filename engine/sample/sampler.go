package sample

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
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

// nucleus tells whether top_p leaves anything out.
func (p Params) nucleus() bool { return p.TopP > 0 && p.TopP < 1 }

// Sampler draws tokens. It keeps scratch memory and serves one goroutine.
type Sampler struct {
	all, kept []candidate
	bins      [bins]bin
}

// Sample picks a token for output position index of a choice. Logits are not changed.
func (s *Sampler) Sample(logits []float32, p Params, choice, index int) int32 {
	if p.Temperature == 0 || p.TopK == 1 {
		return Greedy(logits)
	}
	total := s.weigh(logits, p.Temperature)
	from := s.all
	if p.TopK > 0 {
		s.rank(func(b bin) bool { return b.count >= p.TopK })
		s.kept = s.kept[:min(p.TopK, len(s.kept))]
		from, total = s.kept, mass(s.kept)
	} else if p.nucleus() {
		s.rank(func(b bin) bool { return b.mass >= p.TopP*total })
		from = s.kept
	}
	if p.nucleus() {
		from, total = nucleus(from, p.TopP*total)
	}
	return pick(from, total*uniform(p.Seed, choice, index))
}

// pick is the token at which the running sum passes at.
func pick(list []candidate, at float64) int32 {
	if len(list) == 0 {
		return 0
	}
	sum := 0.0
	for _, c := range list {
		if sum += c.p; at < sum {
			return c.id
		}
	}
	return list[len(list)-1].id
}

// uniform is a number in [0, 1) that depends on nothing but its arguments.
func uniform(seed uint64, choice, index int) float64 {
	src := rand.NewPCG(seed, uint64(choice)<<32|uint64(uint32(index)))
	src.Uint64() // neighbouring states begin alike
	return float64(src.Uint64()>>11) / (1 << 53)
}

// Greedy is the id of the highest logit, the lowest id of those that are equal.
// Eight are compared with the best at once, because a better one is rare: that is
// three times as fast as one after the other. NaN is never higher.
func Greedy(logits []float32) int32 {
	best, id := float32(math.Inf(-1)), 0
	rest := len(logits) % 8
	for i := 0; i < len(logits)-rest; i += 8 {
		x := (*[8]float32)(logits[i:])
		if x[0] > best || x[1] > best || x[2] > best || x[3] > best || x[4] > best || x[5] > best || x[6] > best || x[7] > best {
			for j, l := range x {
				if l > best {
					best, id = l, i+j
				}
			}
		}
	}
	for i := len(logits) - rest; i < len(logits); i++ {
		if l := logits[i]; l > best {
			best, id = l, i
		}
	}
	return int32(id)
}
