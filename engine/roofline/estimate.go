package roofline

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// ErrTooLarge means that a model does not fit the memory of a GPU.
var ErrTooLarge = errors.New("model does not fit the GPU's memory")

// Shape is what of a model decides its speed.
type Shape struct {
	Parameters  float64 // all weights
	Layers      int
	Heads       int // of queries
	KVHeads     int
	HeadDim     int
	Context     int
	WeightBytes float64 // of one weight: 2, or 1 in int8
	KVBytes     float64 // of one number in the cache: 2
	Experts     int     // 0: a dense model
	ExpertsUsed int
	ExpertShare float64 // part of the weights that the experts are, 0 to 1
}

// Step is one forward pass: tokens in all, and for each of its sequences the
// positions that it attends to.
type Step struct {
	Tokens   int     // rows, of prompts and answers
	Attended float64 // sum over rows of the positions that each sees
	Cached   float64 // sum over sequences of the positions read from the cache
}

// Weights is the size of all weights in bytes.
func (s Shape) Weights() float64 { return s.Parameters * s.WeightBytes }

// CacheBytes is the size of one position's keys and values.
func (s Shape) CacheBytes() float64 {
	return 2 * float64(s.Layers*s.KVHeads*s.HeadDim) * s.KVBytes
}

// active is the part of the weights that tokens use: all of a dense model, in a
// mixture the experts that at least one of n tokens is expected to be sent to.
func (s Shape) active(n int) float64 {
	if s.Experts == 0 {
		return 1
	}
	missed := math.Pow(1-float64(s.ExpertsUsed)/float64(s.Experts), float64(n))
	return 1 - s.ExpertShare*missed
}

// PositionsPerToken is the number of positions that take as much computing to attend
// to as a token's weights take.
func (s Shape) PositionsPerToken() float64 {
	return 2 * s.Parameters * s.active(1) / (4 * float64(s.Layers*s.Heads*s.HeadDim))
}

// Duration is the time of one step on a GPU.
func Duration(g GPU, s Shape, st Step) time.Duration {
	bytes := s.Weights()*s.active(st.Tokens) + st.Cached*s.CacheBytes()
	peak := g.FLOPS16
	if s.WeightBytes == 1 {
		peak = g.OPS8
	}
	used := s.Parameters * s.active(1)
	flops := 2*used*float64(st.Tokens) + 4*float64(s.Layers*s.Heads*s.HeadDim)*st.Attended
	memory := bytes / (g.Bandwidth * BandwidthEfficiency)
	compute := flops / (peak * ComputeEfficiency)
	seconds := max(memory, compute) + float64(s.Layers)*LayerOverhead
	return time.Duration(seconds * float64(time.Second))
}

// Prefill is the step that reads a prompt of n tokens: the time to the first token
// of a request that need not wait.
func Prefill(n int) Step {
	return Step{Tokens: n, Attended: float64(n) * float64(n+1) / 2, Cached: float64(n)}
}

// Decode is the step in which batch sequences of the given length each write a
// token: the time per output token.
func Decode(batch, length int) Step {
	n := float64(batch) * float64(length)
	return Step{Tokens: batch, Attended: n, Cached: n}
}

// Positions is the number of tokens whose keys and values fit beside the weights.
// ErrTooLarge names the sizes if not even one sequence of one block would.
func Positions(g GPU, s Shape) (int, error) {
	room := g.Memory*UsableMemory - s.Weights()
	n := int(math.Floor(room / s.CacheBytes()))
	if n < min(16, s.Context) {
		return 0, fmt.Errorf("%w: %.1f GB of weights on a %s with %.0f GB", ErrTooLarge, s.Weights()/1e9, g.Name, g.Memory/1e9)
	}
	return n, nil
}
