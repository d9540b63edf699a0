package model

import (
	"fmt"
	"math"
)

// Rope is the rotary position embedding: one frequency for each pair of
// dimensions i and i + HeadDim/2.
type Rope struct {
	frequency []float32
	scale     float64 // of all cosines and sines, 1 unless the context is stretched
}

type ropeJSON struct {
	Type         string    `json:"type"`
	RopeType     string    `json:"rope_type"`
	Theta        float64   `json:"rope_theta"`
	Factor       float64   `json:"factor"`
	LowFreq      float64   `json:"low_freq_factor"`
	HighFreq     float64   `json:"high_freq_factor"`
	OriginalSize float64   `json:"original_max_position_embeddings"`
	Attention    float64   `json:"attention_factor"`
	BetaFast     float64   `json:"beta_fast"`
	BetaSlow     float64   `json:"beta_slow"`
	Mscale       float64   `json:"mscale"`
	MscaleAll    float64   `json:"mscale_all_dim"`
	Truncate     *bool     `json:"truncate"`
	Short        []float64 `json:"short_factor"`
	Long         []float64 `json:"long_factor"`
}

// newRope computes the frequencies. Scaling after transformers'
// modeling_rope_utils: default, linear, dynamic within the trained context,
// llama3, yarn, longrope; and GTE's fixed ntk (kexue.fm/archives/9706).
func newRope(raw jsonConfig, dim, context int) (*Rope, error) {
	theta, scaling := raw.RopeTheta, raw.RopeScaling
	if p := raw.RopeParameters; p != nil { // since transformers 5
		scaling = p
		if p.Theta != 0 {
			theta = p.Theta
		}
	}
	if theta == 0 {
		theta = 10000
	}
	if !(theta > 0) || math.IsInf(theta, 0) {
		return nil, fmt.Errorf("%w: config.json: rope_theta is %g", ErrCheckpoint, theta)
	}
	r := &Rope{frequency: make([]float32, dim/2), scale: 1}
	for i := range r.frequency {
		r.frequency[i] = float32(1 / math.Pow(theta, float64(2*i)/float64(dim)))
	}
	if scaling == nil {
		return r, nil
	}
	kind := scaling.RopeType
	if kind == "" {
		kind = scaling.Type
	}
	switch kind {
	case "", "default", "dynamic": // dynamic changes frequencies only beyond the trained context
		return r, nil
	case "linear":
		if !(scaling.Factor > 0) {
			return nil, fmt.Errorf("%w: config.json: rope factor is %g", ErrCheckpoint, scaling.Factor)
		}
		for i := range r.frequency {
			r.frequency[i] /= float32(scaling.Factor)
		}
		return r, nil
	case "llama3":
		return r, r.llama3(*scaling)
	case "yarn":
		return r, r.yarn(*scaling, theta, float64(context))
	case "longrope", "su":
		if scaling.OriginalSize == 0 {
			scaling.OriginalSize = raw.OriginalSize
		}
		return r, r.longrope(*scaling, float64(context))
	case "ntk":
		if !(scaling.Factor > 0) {
			return nil, fmt.Errorf("%w: config.json: rope factor is %g", ErrCheckpoint, scaling.Factor)
		}
		for i := range r.frequency {
			f := math.Pow(theta*scaling.Factor, float64(2*i)/float64(dim)) * math.Pow(scaling.Factor, 2/float64(dim))
			r.frequency[i] = float32(1 / f)
		}
		return r, nil
	}
	return nil, fmt.Errorf("%w: config.json: rope type %q is not supported", ErrCheckpoint, kind)
}

// llama3 stretches long waves by the factor, keeps short ones, and blends between.
func (r *Rope) llama3(s ropeJSON) error {
	if !(s.Factor > 0 && s.LowFreq > 0 && s.HighFreq > s.LowFreq && s.OriginalSize > 0) {
		return fmt.Errorf("%w: config.json: rope scaling llama3 is incomplete", ErrCheckpoint)
	}
	for i, f := range r.frequency {
		wave := 2 * math.Pi / float64(f)
		switch {
		case wave > s.OriginalSize/s.LowFreq:
			r.frequency[i] = float32(float64(f) / s.Factor)
		case wave >= s.OriginalSize/s.HighFreq:
			smooth := (s.OriginalSize/wave - s.LowFreq) / (s.HighFreq - s.LowFreq)
			r.frequency[i] = float32((1-smooth)*float64(f)/s.Factor + smooth*float64(f))
		}
	}
	return nil
}

// fill writes cosines, then sines, of a position: HeadDim values.
func (r *Rope) fill(dst []float32, pos int) {
	half := len(r.frequency)
	for i, f := range r.frequency {
		sin, cos := math.Sincos(float64(float32(pos) * f))
		dst[i], dst[half+i] = float32(cos*r.scale), float32(sin*r.scale)
	}
}
