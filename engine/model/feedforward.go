package model

import (
	"cmp"
	"math"
	"slices"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// feedForward is the dense part of a layer, or one expert: gated by SiLU with two
// matrices, or GELU with one.
type feedForward struct {
	gateUp []backend.Matrix
	upBias []float32
	down   backend.Matrix
	bias   []float32
}

// feedForward takes the weights over; at completes their names.
func (l *loader) feedForward(at func(string) string, gateUp []string, down string, hidden, size int) feedForward {
	f := feedForward{down: l.matrix(at(down), hidden, size), bias: l.bias(at(down), hidden)}
	var weights []string
	var sizes []int
	for _, name := range gateUp {
		weights, sizes = append(weights, at(name)), append(sizes, size)
		f.gateUp = append(f.gateUp, l.matrix(at(name), size, hidden))
	}
	f.upBias = joinBiases(l, weights, sizes)
	return f
}

// run computes n rows of x to dst, which may be x.
func (f *feedForward) run(b backend.Backend, s *scratch, dst, x []float32, n, size int) {
	b.MatMul(s.gateUp, x, n, f.gateUp...)
	in := s.gateUp[:n*size*len(f.gateUp)]
	addBias(in, f.upBias)
	if len(f.gateUp) == 2 {
		b.SiLUMul(s.ffn, s.gateUp, n, size)
		in = s.ffn
	} else {
		b.GELU(in)
	}
	b.MatMul(dst, in, n, f.down)
	addBias(dst[:len(x)], f.bias)
}

// mlp is the part of a layer after attention.
func (d *Decoder) mlp(y *layer, n int) {
	s := &d.scratch
	d.normalise(s.h, s.x, y.ffnNorm, n)
	if y.router != nil {
		d.mixture(y, n)
		return
	}
	h := s.h[:n*d.Hidden]
	y.ffn.run(d.backend, s, h, h, n, d.FFN)
	d.backend.Add(s.x[:n*d.Hidden], h)
}

// choice is an expert that a row goes to, with the weight of its answer.
type choice struct {
	expert int
	weight float32
}

// mixture sends each row to its best experts. Experts run in order, so that a
// row's sum does not depend on the rows beside it.
func (d *Decoder) mixture(y *layer, n int) {
	s := &d.scratch
	d.backend.MatMul(s.router, s.h, n, y.router)
	chosen := make([][]choice, n)
	for i := range chosen {
		chosen[i] = route(s.router[i*d.Experts:(i+1)*d.Experts], d.ExpertsUsed)
	}
	for e := range y.experts {
		var rows []int
		var weights []float32
		for i, list := range chosen {
			for _, c := range list {
				if c.expert == e {
					rows, weights = append(rows, i), append(weights, c.weight)
				}
			}
		}
		if len(rows) == 0 {
			continue
		}
		for j, i := range rows {
			copy(s.expertIn[j*d.Hidden:(j+1)*d.Hidden], s.h[i*d.Hidden:])
		}
		y.experts[e].run(d.backend, s, s.expertOut, s.expertIn[:len(rows)*d.Hidden], len(rows), d.FFN)
		for j, i := range rows {
			row := s.x[i*d.Hidden : (i+1)*d.Hidden]
			for k, v := range s.expertOut[j*d.Hidden : (j+1)*d.Hidden] {
				row[k] += weights[j] * v
			}
		}
	}
}

// route is a row's experts: the most probable ones, with probabilities that sum to one.
func route(logits []float32, used int) []choice {
	list := make([]choice, len(logits))
	for i, l := range logits {
		list[i] = choice{i, l}
	}
	slices.SortStableFunc(list, func(a, b choice) int { return cmp.Compare(b.weight, a.weight) })
	list = list[:used]
	peak, sum := list[0].weight, float32(0)
	for i := range list {
		list[i].weight = float32(math.Exp(float64(list[i].weight - peak)))
		sum += list[i].weight
	}
	for i := range list {
		list[i].weight /= sum
	}
	return list
}
