package main

import "math"

// trace is what the forward pass of one block leaves for the backward pass.
type trace struct {
	x, n1, q, k, v, att, mid, n2, gate, up, ffn []float32
	inv1, inv2                                  []float32
	probs                                       [][]float32 // by head and span: n × n
}

// train runs a batch forward and backward, adds to the gradients and returns the
// mean loss.
func (n *net) train(b batch) float64 {
	t, h := len(b.tokens), n.hidden
	x := make([]float32, t*h)
	for i, id := range b.tokens {
		copy(x[i*h:(i+1)*h], n.embedding.w[int(id)*h:])
	}
	traces := make([]trace, n.layers)
	for i := range n.blocks {
		x = n.blockForward(&n.blocks[i], &traces[i], x, b.spans)
	}
	last, inv := n.norm(x, n.final, t)
	logits := make([]float32, t*n.vocab)
	forward(n.threads, logits, last, n.embedding.w, t, n.vocab, h)
	loss := n.lossGradient(logits, b)
	backwardWeight(n.threads, n.embedding.g, logits, last, t, n.vocab, h)
	dlast := make([]float32, t*h)
	backwardInput(n.threads, dlast, logits, n.embedding.w, t, n.vocab, h)
	dx := make([]float32, t*h)
	n.normBackward(dx, dlast, x, inv, n.final)
	for i := n.layers - 1; i >= 0; i-- {
		n.blockBackward(&n.blocks[i], &traces[i], dx, b.spans)
	}
	for i, id := range b.tokens {
		g := n.embedding.g[int(id)*h : int(id)*h+h]
		for j := range g {
			g[j] += dx[i*h+j]
		}
	}
	return loss
}

// lossGradient turns logits into the gradient of the weighted cross entropy.
func (n *net) lossGradient(logits []float32, b batch) float64 {
	total, loss := 0.0, 0.0
	for _, w := range b.weights {
		total += float64(w)
	}
	losses := make([]float64, len(b.tokens))
	parallel(n.threads, len(b.tokens), 1, func(from, to int) {
		for i := from; i < to; i++ {
			row := logits[i*n.vocab : (i+1)*n.vocab]
			peak := row[0]
			for _, v := range row {
				peak = max(peak, v)
			}
			sum := 0.0
			for j, v := range row {
				e := math.Exp(float64(v - peak))
				row[j] = float32(e)
				sum += e
			}
			scale := float32(float64(b.weights[i]) / total / sum)
			losses[i] = -math.Log(max(float64(row[b.targets[i]])/sum, 1e-30)) * float64(b.weights[i])
			for j := range row {
				row[j] *= scale
			}
			row[b.targets[i]] -= float32(float64(b.weights[i]) / total)
		}
	})
	for _, l := range losses {
		loss += l
	}
	return loss / total
}

// norm is RMSNorm of t rows; inv is what backward needs.
func (n *net) norm(x []float32, p *param, t int) (y, inv []float32) {
	h := n.hidden
	y, inv = make([]float32, t*h), make([]float32, t)
	for i := range t {
		row := x[i*h : (i+1)*h]
		s := 0.0
		for _, v := range row {
			s += float64(v) * float64(v)
		}
		inv[i] = float32(1 / math.Sqrt(s/float64(h)+n.eps))
		for j, v := range row {
			y[i*h+j] = float32(float32(v*inv[i]) * p.w[j])
		}
	}
	return y, inv
}

// normBackward adds the gradient through RMSNorm to dx.
func (n *net) normBackward(dx, dy, x, inv []float32, p *param) {
	h := n.hidden
	for i, r := range inv {
		s := 0.0
		for j := range h {
			g := float32(dy[i*h+j] * p.w[j])
			s += float64(g) * float64(x[i*h+j])
			p.g[j] += float32(float32(dy[i*h+j]*x[i*h+j]) * r)
		}
		c := float32(s * float64(r) * float64(r) / float64(h))
		for j := range h {
			g := float32(dy[i*h+j] * p.w[j])
			dx[i*h+j] += float32(r * (g - float32(c*x[i*h+j])))
		}
	}
}

func (n *net) blockForward(b *block, tr *trace, x []float32, spans []span) []float32 {
	t := len(x) / n.hidden
	product := func(in []float32, p *param) []float32 {
		y := make([]float32, t*p.rows)
		forward(n.threads, y, in, p.w, t, p.rows, p.cols)
		return y
	}
	tr.x = x
	tr.n1, tr.inv1 = n.norm(x, b.attnNorm, t)
	tr.q, tr.k, tr.v = product(tr.n1, b.q), product(tr.n1, b.k), product(tr.n1, b.v)
	n.rotate(tr.q, n.heads, spans, 1)
	n.rotate(tr.k, n.kvHeads, spans, 1)
	n.attend(tr, spans)
	tr.mid = product(tr.att, b.o)
	for i := range tr.mid {
		tr.mid[i] += x[i]
	}
	tr.n2, tr.inv2 = n.norm(tr.mid, b.ffnNorm, t)
	tr.gate, tr.up = product(tr.n2, b.gate), product(tr.n2, b.up)
	tr.ffn = make([]float32, len(tr.gate))
	for i, g := range tr.gate {
		tr.ffn[i] = float32(float32(g*sigmoid(g)) * tr.up[i])
	}
	out := product(tr.ffn, b.down)
	for i := range out {
		out[i] += tr.mid[i]
	}
	return out
}

// blockBackward turns the gradient of the block's output into that of its input.
func (n *net) blockBackward(b *block, tr *trace, dx []float32, spans []span) {
	t := len(dx) / n.hidden
	through := func(din, dout, in []float32, p *param) {
		backwardWeight(n.threads, p.g, dout, in, t, p.rows, p.cols)
		backwardInput(n.threads, din, dout, p.w, t, p.rows, p.cols)
	}
	dffn := make([]float32, len(tr.ffn))
	through(dffn, dx, tr.ffn, b.down)
	dgate, dup := make([]float32, len(dffn)), make([]float32, len(dffn))
	for i, d := range dffn {
		g := tr.gate[i]
		s := sigmoid(g)
		dup[i] = float32(d * float32(g*s))
		dgate[i] = float32(float32(d*tr.up[i]) * float32(s*(1+float32(g*(1-s)))))
	}
	dn := make([]float32, t*n.hidden)
	through(dn, dgate, tr.n2, b.gate)
	through(dn, dup, tr.n2, b.up)
	n.normBackward(dx, dn, tr.mid, tr.inv2, b.ffnNorm)

	datt := make([]float32, len(tr.att))
	through(datt, dx, tr.att, b.o)
	dq, dk, dv := make([]float32, len(tr.q)), make([]float32, len(tr.k)), make([]float32, len(tr.v))
	n.attendBackward(tr, datt, dq, dk, dv, spans)
	n.rotate(dq, n.heads, spans, -1)
	n.rotate(dk, n.kvHeads, spans, -1)
	clear(dn)
	through(dn, dq, tr.n1, b.q)
	through(dn, dk, tr.n1, b.k)
	through(dn, dv, tr.n1, b.v)
	n.normBackward(dx, dn, tr.x, tr.inv1, b.attnNorm)
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

// rotate applies the rotary embedding, or takes it back with sign -1.
func (n *net) rotate(x []float32, heads int, spans []span, sign float64) {
	half := n.headDim / 2
	for _, s := range spans {
		for pos := range s.n {
			for i := range half {
				angle := float32(pos) * float32(1/math.Pow(n.theta, float64(2*i)/float64(n.headDim)))
				sin64, cos64 := math.Sincos(float64(angle))
				sin, cos := float32(sign*sin64), float32(cos64)
				for h := range heads {
					at := ((s.from+pos)*heads+h)*n.headDim + i
					a, b := x[at], x[at+half]
					x[at] = float32(a*cos) - float32(b*sin)
					x[at+half] = float32(b*cos) + float32(a*sin)
				}
			}
		}
	}
}
