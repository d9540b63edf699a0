package model

import (
	"fmt"
	"math"
)

// yarn stretches long waves by the factor, keeps those that turn often within the
// trained context, and blends between (arxiv.org/abs/2309.00071).
func (r *Rope) yarn(s ropeJSON, theta, context float64) error {
	if s.OriginalSize == 0 {
		s.OriginalSize = context
	}
	if s.Factor == 0 {
		s.Factor = context / s.OriginalSize
	}
	if s.BetaFast == 0 {
		s.BetaFast = 32
	}
	if s.BetaSlow == 0 {
		s.BetaSlow = 1
	}
	if !(s.Factor >= 1 && s.OriginalSize > 0 && s.BetaSlow > 0 && s.BetaFast >= s.BetaSlow && theta > 1 && s.Attention >= 0) ||
		math.IsInf(s.Factor, 0) || math.IsInf(s.Attention, 0) {
		return fmt.Errorf("%w: config.json: rope scaling yarn with factor %g, beta_fast %g, beta_slow %g, rope_theta %g", ErrCheckpoint, s.Factor, s.BetaFast, s.BetaSlow, theta)
	}
	dim := float64(2 * len(r.frequency))
	turning := func(times float64) float64 { // the dimension that turns so often
		return dim * math.Log(s.OriginalSize/(times*2*math.Pi)) / (2 * math.Log(theta))
	}
	low, high := turning(s.BetaFast), turning(s.BetaSlow)
	if s.Truncate == nil || *s.Truncate {
		low, high = math.Floor(low), math.Ceil(high)
	}
	low, high = max(low, 0), min(high, dim-1)
	if low == high {
		high += 0.001 // as the reference does, against a division by zero
	}
	for i, f := range r.frequency {
		ramp := min(max((float64(i)-low)/(high-low), 0), 1)
		r.frequency[i] = float32(float64(f) * (ramp/s.Factor + 1 - ramp))
	}
	r.scale = s.Attention
	if r.scale == 0 {
		r.scale = yarnScale(s.Factor, 1)
		if s.Mscale != 0 && s.MscaleAll != 0 {
			r.scale = yarnScale(s.Factor, s.Mscale) / yarnScale(s.Factor, s.MscaleAll)
		}
	}
	return r.checkScale()
}

func yarnScale(factor, mscale float64) float64 { return 0.1*mscale*math.Log(factor) + 1 }

// longrope divides each frequency by a searched factor. A model whose context is
// longer than it was trained with takes the long ones for all lengths, so that a
// sequence that grows beyond need not be computed anew (as vLLM and llama.cpp do;
// transformers chooses by the length of each call).
func (r *Rope) longrope(s ropeJSON, context float64) error {
	factors := s.Short
	if context > s.OriginalSize {
		factors = s.Long
	}
	if !(s.OriginalSize > 1) || len(factors) != len(r.frequency) {
		return fmt.Errorf("%w: config.json: rope scaling longrope from %g positions with %d factors for %d frequencies", ErrCheckpoint, s.OriginalSize, len(factors), len(r.frequency))
	}
	for i, f := range factors {
		if !(f > 0) || math.IsInf(f, 0) {
			return fmt.Errorf("%w: config.json: rope scaling longrope with factor %g", ErrCheckpoint, f)
		}
		r.frequency[i] = float32(float64(r.frequency[i]) / f)
	}
	if s.Factor == 0 {
		s.Factor = context / s.OriginalSize
	}
	if r.scale = s.Attention; r.scale == 0 {
		r.scale = math.Sqrt(1 + math.Log(max(s.Factor, 1))/math.Log(s.OriginalSize))
	}
	return r.checkScale()
}

// checkScale refuses what would make every state infinite or nothing.
func (r *Rope) checkScale() error {
	if !(r.scale > 0) || r.scale > 1e3 {
		return fmt.Errorf("%w: config.json: rope attention_factor is %g", ErrCheckpoint, r.scale)
	}
	return nil
}
