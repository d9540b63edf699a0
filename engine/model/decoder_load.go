package model

import (
	"fmt"
	"math"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// newDecoder takes the weights over.
func newDecoder(c Config, fam family, l *loader) (*Decoder, error) {
	d := &Decoder{Config: c, backend: l.backend, heads: backend.Heads{
		Query: c.Heads, KV: c.KVHeads, Dim: c.HeadDim,
		Scale: float32(1 / math.Sqrt(float64(c.HeadDim))), Window: c.Window, Slopes: c.Slopes,
	}}
	d.layerNorm = fam.layerNorm
	n := fam.names
	d.embedding = l.tensor(n.embedding, c.Vocab, c.Hidden)
	d.finalNorm = l.norm(n.finalNorm, c.Hidden)
	for i := range c.Layers {
		if d.layers = append(d.layers, d.newLayer(n, l, i)); l.err != nil {
			return nil, l.err
		}
	}
	if c.Tied {
		d.head = l.take(d.embedding)
	} else {
		d.head = l.matrix(n.head, c.Vocab, c.Hidden)
	}
	d.Parameters, d.WeightBytes = l.parameters, l.bytes
	return d, l.err
}

func (d *Decoder) newLayer(n names, l *loader, index int) layer {
	at := func(name string) string { return fmt.Sprintf(name, index) }
	q, kv := d.Heads*d.HeadDim, d.KVHeads*d.HeadDim
	y := layer{
		attnNorm: l.norm(at(n.attnNorm), d.Hidden),
		ffnNorm:  l.norm(at(n.ffnNorm), d.Hidden),
		o:        l.matrix(at(n.o), d.Hidden, q),
		oBias:    l.bias(at(n.o), d.Hidden),
	}
	if d.NormQK {
		y.qNorm, y.kNorm = l.norm(at(n.qNorm), q), l.norm(at(n.kNorm), kv)
	}
	sizes := []int{q, kv, kv}
	if len(n.qkv) == 1 {
		sizes = []int{q + 2*kv}
	}
	var weights []string
	for i, name := range n.qkv {
		weights = append(weights, at(name))
		y.qkv = append(y.qkv, l.matrix(at(name), sizes[i], d.Hidden))
	}
	y.qkvBias = joinBiases(l, weights, sizes)
	if n.router == "" {
		y.ffn = l.feedForward(at, n.gateUp, n.down, d.Hidden, d.FFN)
		return y
	}
	y.router = l.matrix(at(n.router), d.Experts, d.Hidden)
	for e := range d.Experts {
		name := func(s string) string { return fmt.Sprintf(s, index, e) }
		y.experts = append(y.experts, l.feedForward(name, n.experts[:2], n.experts[2], d.Hidden, d.FFN))
	}
	return y
}

// joinBiases puts biases side by side; nil if there is none.
func joinBiases(l *loader, weights []string, sizes []int) []float32 {
	var out []float32
	found := false
	for i, w := range weights {
		b := l.bias(w, sizes[i])
		found = found || b != nil
		if b == nil {
			b = make([]float32, sizes[i])
		}
		out = append(out, b...)
	}
	if !found {
		return nil
	}
	return out
}
