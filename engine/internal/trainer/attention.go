package main

import "math"

// attend is causal attention within each span; it keeps the probabilities.
func (n *net) attend(tr *trace, spans []span) {
	tr.att = make([]float32, len(tr.q))
	tr.probs = make([][]float32, n.heads*len(spans))
	n.eachHead(spans, func(h int, s span, index int) {
		p := make([]float32, s.n*s.n)
		tr.probs[index] = p
		scale := float32(1 / math.Sqrt(float64(n.headDim)))
		for i := range s.n {
			row := p[i*s.n : i*s.n+i+1]
			peak := float32(math.Inf(-1))
			for j := range row {
				row[j] = float32(dot(n.head(tr.q, s.from+i, h, n.heads), n.head(tr.k, s.from+j, n.shared(h), n.kvHeads)) * scale)
				peak = max(peak, row[j])
			}
			sum := float32(0)
			for j, v := range row {
				row[j] = float32(math.Exp(float64(v - peak)))
				sum += row[j]
			}
			out := n.head(tr.att, s.from+i, h, n.heads)
			for j := range row {
				row[j] /= sum
				for d, v := range n.head(tr.v, s.from+j, n.shared(h), n.kvHeads) {
					out[d] += float32(row[j] * v)
				}
			}
		}
	})
}

// attendBackward adds to dq, dk and dv.
func (n *net) attendBackward(tr *trace, datt, dq, dk, dv []float32, spans []span) {
	scale := float32(1 / math.Sqrt(float64(n.headDim)))
	// Heads that share keys add to the same gradients, so they take turns.
	group := n.heads / n.kvHeads
	parallel(n.threads, n.kvHeads, 1, func(from, to int) {
		for h := from * group; h < to*group; h++ {
			for si, s := range spans {
				p := tr.probs[h*len(spans)+si]
				dp := make([]float32, s.n)
				for i := range s.n {
					row, dout := p[i*s.n:i*s.n+i+1], n.head(datt, s.from+i, h, n.heads)
					sum := float32(0)
					for j, pj := range row {
						dp[j] = dot(dout, n.head(tr.v, s.from+j, n.shared(h), n.kvHeads))
						sum += float32(dp[j] * pj)
						axpy(n.head(dv, s.from+j, n.shared(h), n.kvHeads), pj, dout)
					}
					for j, pj := range row {
						ds := float32(float32(pj*(dp[j]-sum)) * scale)
						axpy(n.head(dq, s.from+i, h, n.heads), ds, n.head(tr.k, s.from+j, n.shared(h), n.kvHeads))
						axpy(n.head(dk, s.from+j, n.shared(h), n.kvHeads), ds, n.head(tr.q, s.from+i, h, n.heads))
					}
				}
			}
		}
	})
}

// eachHead runs f for every head of every span.
func (n *net) eachHead(spans []span, f func(head int, s span, index int)) {
	parallel(n.threads, n.heads, 1, func(from, to int) {
		for h := from; h < to; h++ {
			for i, s := range spans {
				f(h, s, h*len(spans)+i)
			}
		}
	})
}

// head is one head of one row.
func (n *net) head(x []float32, row, head, heads int) []float32 {
	at := (row*heads + head) * n.headDim
	return x[at : at+n.headDim]
}

// shared is the key head of a query head.
func (n *net) shared(head int) int { return head / (n.heads / n.kvHeads) }

func axpy(y []float32, a float32, x []float32) {
	for i, v := range x {
		y[i] += float32(a * v)
	}
}
