package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// Element types of ONNX (github.com/onnx/onnx, onnx.proto).
const (
	onnxFloat = 1
	onnxUint8 = 2
	onnxInt32 = 6
	onnxInt64 = 7
)

// microsoft is the domain of onnxruntime's own operators.
const microsoft = "com.microsoft"

// onnxPositions is how many positions the graph's caches hold.
const onnxPositions = 256

// graph is an ONNX graph of the decoder, with the operators that onnxruntime's own
// model builder uses: GroupQueryAttention with rotation inside, and MatMulNBits
// for 8-bit weights.
type graph struct {
	*weights
	message
	eight bool
}

// tensor adds an initializer.
func (g *graph) tensor(name string, kind int64, raw []byte, dims ...int) string {
	var t message
	for _, d := range dims {
		t.int(1, int64(d))
	}
	t.int(2, kind)
	t.string(8, name)
	t.bytes(9, raw)
	g.message.message(5, &t)
	return name
}

func (g *graph) floats(name string, v []float32, dims ...int) string {
	return g.tensor(name, onnxFloat, backend.EncodeValues(v, backend.StoredF32), dims...)
}

// attributes of a node are int, int64 or float64.
type attributes map[string]any

// node adds an operator and returns its first output.
func (g *graph) node(op, inputs, outputs string, a attributes) string {
	var n message
	for in := range strings.SplitSeq(inputs, " ") {
		n.string(1, strings.TrimPrefix(in, "-")) // "-" is an input left out
	}
	names := strings.Split(outputs, " ")
	for _, out := range names {
		n.string(2, out)
	}
	n.string(3, "node_"+names[0])
	domain, name, found := strings.Cut(op, ":")
	if !found {
		domain, name = "", op
	}
	n.string(4, name)
	for key, v := range a {
		var p message
		p.string(1, key)
		switch v := v.(type) {
		case int:
			p.int(3, int64(v))
			p.int(20, 2)
		case float64:
			p.float(2, v)
			p.int(20, 1)
		}
		n.message(5, &p)
	}
	if domain != "" {
		n.string(7, domain)
	}
	g.message.message(1, &n)
	return names[0]
}

// Fields of a graph.
const (
	graphInput  = 11
	graphOutput = 12
)

// value declares an input or output; dimensions are numbers or names.
func (g *graph) value(field int, name string, kind int64, dims ...any) {
	var shape message
	for _, d := range dims {
		var dim message
		switch d := d.(type) {
		case int:
			dim.int(1, int64(d))
		case string:
			dim.string(2, d)
		}
		shape.message(1, &dim)
	}
	var tensor, kindOf, v message
	tensor.int(1, kind)
	tensor.message(2, &shape)
	kindOf.message(1, &tensor)
	v.string(1, name)
	v.message(2, &kindOf)
	g.message.message(field, &v)
}

// linear multiplies x with w [rows × cols] transposed.
func (g *graph) linear(x, name string, w []float32, rows, cols int) string {
	if !g.eight {
		t := make([]float32, len(w))
		for r := range rows {
			for c := range cols {
				t[c*rows+r] = w[r*cols+c]
			}
		}
		return g.node("MatMul", x+" "+g.floats(name, t, cols, rows), name+"_y", nil)
	}
	quants := make([]byte, 0, len(w))
	var scales []float32
	for ; len(w) > 0; w = w[groupSize:] {
		q, scale := quantiseGroup(w[:groupSize])
		for _, v := range q {
			quants = append(quants, byte(int(v)+128))
		}
		scales = append(scales, scale)
	}
	blocks := cols / groupSize
	q := g.tensor(name+"_q", onnxUint8, quants, rows, blocks, groupSize)
	s := g.floats(name+"_s", scales, rows, blocks)
	return g.node(microsoft+":MatMulNBits", x+" "+q+" "+s, name+"_y",
		attributes{"K": cols, "N": rows, "bits": 8, "block_size": groupSize, "accuracy_level": 4})
}

func (g *graph) rms(x, name string, w []float32) string {
	return g.node("SimplifiedLayerNormalization", x+" "+g.floats(name, w, g.hidden), name+"_y",
		attributes{"axis": -1, "epsilon": g.eps, "stash_type": 1})
}

// rotation adds the tables of cosines and sines.
func (g *graph) rotation() {
	half := g.headDim / 2
	cos, sin := make([]float32, onnxPositions*half), make([]float32, onnxPositions*half)
	for p := range onnxPositions {
		for i := range half {
			angle := float64(p) * math.Pow(g.theta, -float64(2*i)/float64(g.headDim))
			cos[p*half+i], sin[p*half+i] = float32(math.Cos(angle)), float32(math.Sin(angle))
		}
	}
	g.floats("cos", cos, onnxPositions, half)
	g.floats("sin", sin, onnxPositions, half)
}

// layer adds one block and returns its output.
func (g *graph) layer(x string, i int) string {
	l := g.layers[i]
	at := func(name string) string { return fmt.Sprintf("%s_%d", name, i) }
	q, kv := g.heads*g.headDim, g.kvHeads*g.headDim
	for _, cache := range []string{"key", "value"} {
		g.value(graphInput, at("past_"+cache), onnxFloat, "batch", g.kvHeads, "past", g.headDim)
		g.value(graphOutput, at("present_"+cache), onnxFloat, "batch", g.kvHeads, "present", g.headDim)
	}
	qkv := append(append(append([]float32(nil), l.q...), l.k...), l.v...)
	y := g.linear(g.rms(x, at("attn_norm"), l.attnNorm), at("qkv"), qkv, q+2*kv, g.hidden)
	y = g.node(microsoft+":GroupQueryAttention",
		fmt.Sprintf("%s - - %s %s seqlens total cos sin", y, at("past_key"), at("past_value")),
		fmt.Sprintf("%s %s %s", at("attention"), at("present_key"), at("present_value")),
		attributes{"num_heads": g.heads, "kv_num_heads": g.kvHeads, "do_rotary": 1, "rotary_interleaved": 0})
	x = g.node("Add", x+" "+g.linear(y, at("o"), l.o, g.hidden, q), at("attended"), nil)
	y = g.rms(x, at("ffn_norm"), l.ffnNorm)
	gate := g.linear(y, at("gate"), l.gate, g.ffn, g.hidden)
	up := g.linear(y, at("up"), l.up, g.ffn, g.hidden)
	sigmoid := g.node("Sigmoid", gate, at("sigmoid"), nil)
	silu := g.node("Mul", gate+" "+sigmoid, at("silu"), nil)
	y = g.node("Mul", silu+" "+up, at("gated"), nil)
	return g.node("Add", x+" "+g.linear(y, at("down"), l.d, g.hidden, g.ffn), at("block"), nil)
}

// writeONNX writes the decoder: ids [batch × tokens], seqlens [batch], total, last
// [batch] (rows whose logits are wanted) and caches; logits [batch × vocabulary].
func (m *weights) writeONNX(path string, eight bool) error {
	g := &graph{weights: m, eight: eight}
	g.value(graphInput, "ids", onnxInt64, "batch", "tokens")
	g.value(graphInput, "seqlens", onnxInt32, "batch")
	g.value(graphInput, "total", onnxInt32)
	g.value(graphInput, "last", onnxInt64, "batch")
	g.rotation()
	x := g.node("Gather", g.floats("embedding", m.embedding, m.vocab, m.hidden)+" ids", "embedded", nil)
	for i := range m.layers {
		x = g.layer(x, i)
	}
	shape := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, math.MaxUint64), uint64(m.hidden))
	x = g.node("Reshape", x+" "+g.tensor("flat", onnxInt64, shape, 2), "rows", nil)
	x = g.node("Gather", x+" last", "picked", nil)
	logits := g.linear(g.rms(x, "norm", m.norm), "head", m.embedding, m.vocab, m.hidden)
	g.value(graphOutput, logits, onnxFloat, "batch", m.vocab)
	g.string(2, "bench")
	var file message
	file.int(1, 10)
	file.message(7, &g.message)
	for domain, version := range map[string]int64{"": 21, microsoft: 1} {
		var set message
		set.string(1, domain)
		set.int(2, version)
		file.message(8, &set)
	}
	return os.WriteFile(path, file.data, 0o644)
}
