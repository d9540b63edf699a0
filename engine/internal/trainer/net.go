package main

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// dims are the sizes of the model, by their names in config.json.
type dims struct {
	hidden, layers, heads, kvHeads, headDim, ffn, vocab int
	eps, theta                                          float64
}

// shape is the embedded model: about 0.64 million parameters.
func shape() dims {
	return dims{hidden: 96, layers: 5, heads: 6, kvHeads: 2, headDim: 16, ffn: 288, vocab: vocabSize, eps: 1e-5, theta: 10000}
}

// param is a weight with its gradient and its moments.
type param struct {
	name       string
	rows, cols int // cols 0: a vector
	w, g, m, v []float32
}

// net is the model while it is trained.
type net struct {
	dims
	threads   int
	embedding *param // also the output weights
	final     *param
	blocks    []block
	params    []*param
}

type block struct{ attnNorm, q, k, v, o, ffnNorm, gate, up, down *param }

// newNet initialises as GPT-2 does: small normal weights, smaller ones where a
// residual branch ends.
func newNet(d dims, threads int) *net {
	n := &net{dims: d, threads: threads}
	random := rand.New(rand.NewPCG(seed, 2))
	matrix := func(name string, rows, cols int, std float64) *param {
		p := n.param(name, rows, cols)
		for i := range p.w {
			p.w[i] = float32(random.NormFloat64() * std)
		}
		return p
	}
	vector := func(name string) *param {
		p := n.param(name, d.hidden, 0)
		for i := range p.w {
			p.w[i] = 1
		}
		return p
	}
	in := 1 / math.Sqrt(float64(d.hidden))
	out := 0.5 / math.Sqrt(float64(d.hidden*2*d.layers))
	n.embedding = matrix("model.embed_tokens.weight", d.vocab, d.hidden, 0.05)
	q, kv := d.heads*d.headDim, d.kvHeads*d.headDim
	for i := range d.layers {
		at := func(s string) string { return fmt.Sprintf("model.layers.%d.%s.weight", i, s) }
		n.blocks = append(n.blocks, block{
			attnNorm: vector(at("input_layernorm")),
			q:        matrix(at("self_attn.q_proj"), q, d.hidden, in),
			k:        matrix(at("self_attn.k_proj"), kv, d.hidden, in),
			v:        matrix(at("self_attn.v_proj"), kv, d.hidden, in),
			o:        matrix(at("self_attn.o_proj"), d.hidden, q, out),
			ffnNorm:  vector(at("post_attention_layernorm")),
			gate:     matrix(at("mlp.gate_proj"), d.ffn, d.hidden, in),
			up:       matrix(at("mlp.up_proj"), d.ffn, d.hidden, in),
			down:     matrix(at("mlp.down_proj"), d.hidden, d.ffn, out),
		})
	}
	n.final = vector("model.norm.weight")
	return n
}

func (n *net) param(name string, rows, cols int) *param {
	size := rows * max(cols, 1)
	p := &param{name: name, rows: rows, cols: cols, w: make([]float32, size), g: make([]float32, size), m: make([]float32, size), v: make([]float32, size)}
	n.params = append(n.params, p)
	return p
}

// AdamW's constants.
const (
	beta1, beta2 = 0.9, 0.98
	decay        = 0.02
	adamEps      = 1e-8
	maxGradient  = 1.0 // norm of all gradients together
)

// update makes one step of AdamW and clears the gradients.
func (n *net) update(step int, rate float64) {
	sum := 0.0
	for _, p := range n.params {
		for _, g := range p.g {
			sum += float64(g) * float64(g)
		}
	}
	scale := float32(min(1, maxGradient/(math.Sqrt(sum)+1e-12)))
	c1 := float32(1 / (1 - math.Pow(beta1, float64(step+1))))
	c2 := float32(1 / (1 - math.Pow(beta2, float64(step+1))))
	for _, p := range n.params {
		shrink := float32(1)
		if p.cols > 0 {
			shrink = float32(1 - rate*decay)
		}
		for i := range p.w {
			g := float32(p.g[i] * scale)
			p.m[i] = float32(beta1*p.m[i]) + float32((1-beta1)*g)
			p.v[i] = float32(beta2*p.v[i]) + float32(float32((1-beta2)*g)*g)
			delta := float32(p.m[i]*c1) / (float32(math.Sqrt(float64(p.v[i]*c2))) + adamEps)
			p.w[i] = float32(p.w[i]*shrink) - float32(float32(rate)*delta)
			p.g[i] = 0
		}
	}
}
