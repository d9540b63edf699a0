package model

import (
	"fmt"
	"math"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// Encoder is a BERT-type model: it sees a whole text at once and yields one
// vector for it. It serves one goroutine.
type Encoder struct {
	Config
	Pooling
	Parameters  int
	WeightBytes int

	backend       backend.Backend
	words         backend.Tensor
	positions     backend.Tensor // no rows: rotary positions instead
	types         []float32      // of token type 0
	embeddingNorm norm
	layers        []encoderLayer
	heads         backend.Heads
	scratch       encoderScratch
}

// Pooling says how the vectors of the tokens become one.
type Pooling struct {
	CLS       bool // the first token's vector instead of the mean
	Normalise bool // to length 1
}

// encoderLayer is attention, then feed-forward, each normalised after its residual.
type encoderLayer struct {
	qkv               []backend.Matrix
	qkvBias           []float32
	o                 backend.Matrix
	oBias             []float32
	attnNorm, ffnNorm norm
	up                backend.Matrix // GTE: up, then gate, in one matrix
	upBias            []float32
	gated             bool
	down              backend.Matrix
	downBias          []float32
}

type encoderScratch struct{ x, h, qkv, attention, up, rope []float32 }

// Forward writes the vector of each text, side by side, to dst. Texts see only
// themselves.
func (e *Encoder) Forward(dst []float32, texts [][]int32) error {
	var spans []int
	n := 0
	for _, t := range texts {
		if len(t) > e.Context {
			return fmt.Errorf("text of %d tokens, at most %d are possible", len(t), e.Context)
		}
		spans = append(spans, len(t))
		n += len(t)
	}
	if err := e.embed(texts, n); err != nil {
		return err
	}
	for i := range e.layers {
		e.layer(&e.layers[i], spans, n)
	}
	from := 0
	for i, length := range spans {
		e.pool(dst[i*e.Hidden:(i+1)*e.Hidden], e.scratch.x[from*e.Hidden:(from+length)*e.Hidden])
		from += length
	}
	return nil
}

func (e *Encoder) embed(texts [][]int32, n int) error {
	s := &e.scratch
	s.x, s.h = grow(s.x, n*e.Hidden), grow(s.h, n*e.Hidden)
	s.qkv, s.attention = grow(s.qkv, 3*n*e.Hidden), grow(s.attention, n*e.Hidden)
	s.up, s.rope = grow(s.up, 2*n*e.FFN), grow(s.rope, n*e.HeadDim)
	at := 0
	position := make([]float32, e.Hidden)
	for _, t := range texts {
		for pos, token := range t {
			if token < 0 || int(token) >= e.Vocab {
				return fmt.Errorf("token %d is outside the vocabulary of %d", token, e.Vocab)
			}
			row := s.x[at*e.Hidden : (at+1)*e.Hidden]
			e.words.Row(row, int(token))
			if e.types != nil {
				e.backend.Add(row, e.types)
			}
			if e.Rope != nil {
				e.Rope.fill(s.rope[at*e.HeadDim:(at+1)*e.HeadDim], pos)
			} else {
				e.positions.Row(position, pos)
				e.backend.Add(row, position)
			}
			at++
		}
	}
	e.backend.LayerNorm(s.x, s.x, e.embeddingNorm.weight, e.embeddingNorm.bias, n, e.Eps)
	return nil
}

func (e *Encoder) layer(y *encoderLayer, spans []int, n int) {
	s := &e.scratch
	e.backend.MatMul(s.qkv, s.x, n, y.qkv...)
	addBias(s.qkv, y.qkvBias)
	if e.Rope != nil {
		e.backend.Rotate(s.qkv, n, 3*e.Hidden, 2*e.Hidden, s.rope, e.HeadDim)
	}
	e.backend.AttendAll(s.attention, s.qkv, spans, e.heads)
	e.backend.MatMul(s.h, s.attention, n, y.o)
	addBias(s.h, y.oBias)
	e.backend.Add(s.x, s.h)
	e.backend.LayerNorm(s.x, s.x, y.attnNorm.weight, y.attnNorm.bias, n, e.Eps)

	e.backend.MatMul(s.up, s.x, n, y.up)
	width, _ := y.up.Shape()
	addBias(s.up[:n*width], y.upBias)
	inner := s.up[:n*width]
	if y.gated {
		inner = e.gate(n)
	} else {
		e.backend.GELU(inner)
	}
	e.backend.MatMul(s.h, inner, n, y.down)
	addBias(s.h, y.downBias)
	e.backend.Add(s.x, s.h)
	e.backend.LayerNorm(s.x, s.x, y.ffnNorm.weight, y.ffnNorm.bias, n, e.Eps)
}

// gate writes gelu(gate)·up to the front of the memory that holds both.
func (e *Encoder) gate(n int) []float32 {
	s := &e.scratch
	for i := range n {
		up := s.up[2*i*e.FFN : (2*i+1)*e.FFN]
		gate := s.up[(2*i+1)*e.FFN : (2*i+2)*e.FFN]
		e.backend.GELU(gate)
		for j, g := range gate {
			s.up[i*e.FFN+j] = up[j] * g
		}
	}
	return s.up[:n*e.FFN]
}

// pool makes one vector of a text's.
func (e *Encoder) pool(dst, states []float32) {
	if e.CLS {
		copy(dst, states[:e.Hidden])
	} else {
		clear(dst)
		n := float32(len(states) / e.Hidden)
		for row := states; len(row) > 0; row = row[e.Hidden:] {
			e.backend.Add(dst, row[:e.Hidden])
		}
		for i := range dst {
			dst[i] /= n
		}
	}
	if !e.Normalise {
		return
	}
	sum := 0.0
	for _, v := range dst {
		sum += float64(v) * float64(v)
	}
	inv := float32(1 / max(math.Sqrt(sum), 1e-12))
	for i := range dst {
		dst[i] *= inv
	}
}
