package model

import (
	"errors"
	"fmt"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// ErrStopped means that a step was given up before its end.
var ErrStopped = errors.New("the step was given up")

// Row is one token of a step.
type Row struct {
	Token     int32
	Embedding []float32 // hidden size, in place of the token's own; nil: that of Token
	Pos       int
	Table     []int32 // cache blocks of its sequence
	Logits    bool    // the next token's logits are wanted
	Hidden    bool    // the final hidden state is wanted
}

// Output holds what a step was asked for, in order of rows. It is overwritten by
// the next step.
type Output struct {
	Logits []float32 // rows with Logits × vocabulary
	Hidden []float32 // rows with Hidden × hidden size
}

// Decoder is a causal model on a backend. It serves one goroutine.
type Decoder struct {
	Config
	Parameters  int
	WeightBytes int

	backend   backend.Backend
	kv        backend.KV
	embedding backend.Tensor
	head      backend.Matrix
	finalNorm norm
	layers    []layer
	heads     backend.Heads
	layerNorm bool
	scratch   scratch
}

// layer is one block's weights.
type layer struct {
	attnNorm, ffnNorm norm
	qNorm, kNorm      norm // of Config.NormQK
	qkv               []backend.Matrix
	qkvBias           []float32 // of all three side by side; nil: none
	o                 backend.Matrix
	oBias             []float32
	ffn               feedForward
	router            backend.Matrix // of a mixture of experts; else nil
	experts           []feedForward
}

// scratch is a step's memory, kept from step to step.
type scratch struct {
	x, h, qkv, attention, gateUp, ffn, rope []float32
	router, expertIn, expertOut             []float32
	at                                      []backend.Position
	out                                     Output
}

// Reserve allocates the KV cache.
func (d *Decoder) Reserve(blocks, size int) error {
	kv, err := d.backend.NewKV(backend.KVShape{
		Layers: d.Layers, Heads: d.KVHeads, HeadDim: d.HeadDim, Blocks: blocks, BlockSize: size,
	})
	d.kv = kv
	return err
}

// KVBytes is the size of the reserved cache.
func (d *Decoder) KVBytes() int { return d.kv.Bytes() }

// Forward computes one step: any mix of sequences, each with rows in order of
// position. Tokens outside the vocabulary are an error. Between layers it asks
// stop, unless that is nil, and answers ErrStopped once it says so; the cache then
// holds nothing new until the same rows are computed again.
func (d *Decoder) Forward(rows []Row, stop func() bool) (Output, error) {
	if err := d.embed(rows); err != nil {
		return Output{}, err
	}
	s := &d.scratch
	for i := range d.layers {
		if stop != nil && stop() {
			return Output{}, ErrStopped
		}
		d.attention(&d.layers[i], i, len(rows))
		d.mlp(&d.layers[i], len(rows))
	}
	return d.output(s, rows), nil
}

// embed fills the scratch memory for a step.
func (d *Decoder) embed(rows []Row) error {
	s, n := &d.scratch, len(rows)
	s.x = grow(s.x, n*d.Hidden)
	s.h = grow(s.h, n*d.Hidden)
	s.qkv = grow(s.qkv, n*(d.Heads+2*d.KVHeads)*d.HeadDim)
	s.attention = grow(s.attention, n*d.Heads*d.HeadDim)
	s.gateUp = grow(s.gateUp, n*2*d.FFN)
	s.ffn = grow(s.ffn, n*d.FFN)
	s.rope = grow(s.rope, n*d.HeadDim)
	if d.Experts > 0 {
		s.router = grow(s.router, n*d.Experts)
		s.expertIn = grow(s.expertIn, n*d.Hidden)
		s.expertOut = grow(s.expertOut, n*d.Hidden)
	}
	s.at = s.at[:0]
	for i, r := range rows {
		x := s.x[i*d.Hidden : (i+1)*d.Hidden]
		switch {
		case r.Embedding != nil && len(r.Embedding) != len(x):
			return fmt.Errorf("an embedding has %d values, the hidden size is %d", len(r.Embedding), len(x))
		case r.Embedding != nil:
			copy(x, r.Embedding)
		case r.Token < 0 || int(r.Token) >= d.Vocab:
			return fmt.Errorf("token %d is outside the vocabulary of %d", r.Token, d.Vocab)
		default:
			d.embedding.Row(x, int(r.Token))
		}
		s.at = append(s.at, backend.Position{Table: r.Table, Pos: r.Pos})
		if d.Rope != nil {
			d.Rope.fill(s.rope[i*d.HeadDim:(i+1)*d.HeadDim], r.Pos)
		}
	}
	return nil
}

func (d *Decoder) attention(y *layer, index, n int) {
	s := &d.scratch
	d.normalise(s.h, s.x, y.attnNorm, n)
	d.backend.MatMul(s.qkv, s.h, n, y.qkv...)
	addBias(s.qkv, y.qkvBias)
	d.bound(y, n)
	if d.Rope != nil {
		width := (d.Heads + 2*d.KVHeads) * d.HeadDim
		turned := (d.Heads + d.KVHeads) * d.HeadDim
		d.backend.Rotate(s.qkv, n, width, turned, s.rope, d.HeadDim)
	}
	d.backend.Attend(s.attention, s.qkv, d.kv, index, s.at, d.heads)
	d.backend.MatMul(s.h, s.attention, n, y.o)
	addBias(s.h, y.oBias)
	d.backend.Add(s.x, s.h)
}

// bound clips queries, keys and values and normalises the first two, in MPT's order.
func (d *Decoder) bound(y *layer, n int) {
	s := &d.scratch
	if d.Clip > 0 {
		for i, v := range s.qkv {
			s.qkv[i] = min(max(v, -d.Clip), d.Clip)
		}
	}
	if !d.NormQK {
		return
	}
	q, kv := d.Heads*d.HeadDim, d.KVHeads*d.HeadDim
	for i := range n {
		row := s.qkv[i*(q+2*kv):]
		d.normalise(row[:q], row[:q], y.qNorm, 1)
		d.normalise(row[q:q+kv], row[q:q+kv], y.kNorm, 1)
	}
}

// output normalises the rows that were asked for and computes their logits.
func (d *Decoder) output(s *scratch, rows []Row) Output {
	pick := func(want func(Row) bool) (picked []float32, n int) {
		s.h = s.h[:0]
		for i, r := range rows {
			if want(r) {
				s.h = append(s.h, s.x[i*d.Hidden:(i+1)*d.Hidden]...)
				n++
			}
		}
		return s.h, n
	}
	if h, n := pick(func(r Row) bool { return r.Hidden }); n > 0 {
		s.out.Hidden = grow(s.out.Hidden, n*d.Hidden)
		d.normalise(s.out.Hidden, h, d.finalNorm, n)
	} else {
		s.out.Hidden = s.out.Hidden[:0]
	}
	h, n := pick(func(r Row) bool { return r.Logits })
	s.out.Logits = grow(s.out.Logits, n*d.Vocab)
	if n > 0 {
		d.normalise(h, h, d.finalNorm, n)
		d.backend.MatMul(s.out.Logits, h, n, d.head)
	}
	return s.out
}

// normalise is the family's normalisation of n rows.
func (d *Decoder) normalise(dst, x []float32, w norm, n int) {
	if d.layerNorm {
		d.backend.LayerNorm(dst, x, w.weight, w.bias, n, d.Eps)
		return
	}
	d.backend.RMSNorm(dst, x, w.weight, n, d.Eps)
}

// add adds y to x.
func add(x, y []float32) {
	y = y[:len(x)]
	for i := range x {
		x[i] += y[i]
	}
}

// addBias adds a bias to every row of x; nil adds nothing.
func addBias(x, bias []float32) {
	for ; len(bias) > 0 && len(x) >= len(bias); x = x[len(bias):] {
		add(x[:len(bias)], bias)
	}
}

// grow is s with room for n elements; what it held is lost.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}
