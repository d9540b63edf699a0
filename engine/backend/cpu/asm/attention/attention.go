// Package attention writes the kernels of attention for vectors of either width.
package attention

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// chunk is the number of positions, or dimensions, that one pass covers.
const chunk = 16

// Target is the processor to write for.
type Target struct {
	Name     string
	Vectors  int // that hold a chunk
	Register func(i int) reg.VecPhysical
	Shapes   []int // numbers of queries
	Chunks   int   // of keys, or of dimensions for so few queries that sums wait, taken together
}

// Write writes the kernels of all shapes.
func Write(t Target) {
	for _, n := range t.Shapes {
		for chunks := 1; chunks <= t.Chunks; chunks++ {
			scores(t, n, chunks)
		}
		mix(t, n)
	}
}

func begin(name, signature, doc string) {
	build.TEXT(name, attr.NOSPLIT, signature)
	build.Doc(doc)
	build.Pragma("noescape")
}

func end() {
	build.VZEROUPPER()
	build.RET()
}

func load(name string) reg.GPVirtual {
	return build.Load(build.Param(name), build.GP64()).(reg.GPVirtual)
}

// disp is the place of vector v of a chunk.
func (t Target) disp(v int) int { return v * chunk * 4 / t.Vectors }

// clear zeroes the first n registers.
func (t Target) clear(n int) {
	for i := range n {
		r := t.Register(i)
		if t.Vectors == 1 {
			build.VPXORD(r, r, r)
		} else {
			build.VPXOR(r, r, r)
		}
	}
}

// scores: dst[q·ld + j] = sum over d of q[q·dim + d]·k[d·ldk + j], in order of d;
// a second chunk of keys, k2, continues the row.
func scores(t Target, n, chunks int) {
	name, signature, keys := fmt.Sprintf("scores%s%d", t.Name, n), "func(dst *float32, ld int, q, k *float32, ldk, dim int)", 16*chunks
	if chunks == 2 {
		name, signature = name+"x2", "func(dst *float32, ld int, q, k, k2 *float32, ldk, dim int)"
	}
	begin(name, signature, fmt.Sprintf("%s multiplies %d queries with %d transposed keys.", name, n, keys))
	dst, ld, q, ldk, dim, ldq := load("dst"), load("ld"), load("q"), load("ldk"), load("dim"), load("dim")
	from := []reg.GPVirtual{load("k")}
	if chunks == 2 {
		from = append(from, load("k2"))
	}
	for _, r := range []reg.GPVirtual{ld, ldk, ldq} {
		build.SHLQ(operand.U8(2), r)
	}
	bases := rows(q, ldq, n)
	vectors := t.Vectors * chunks
	acc := func(i, v int) reg.VecPhysical { return t.Register(i*vectors + v) }
	t.clear(n * vectors)
	key, one := n*vectors, n*vectors+vectors
	build.Label("dims")
	for v := range vectors {
		build.VMOVUPS(operand.Mem{Base: from[v/t.Vectors], Disp: t.disp(v % t.Vectors)}, t.Register(key+v))
	}
	for i := range n {
		build.VBROADCASTSS(row(bases, ldq, i), t.Register(one))
		for v := range vectors {
			build.VFMADD231PS(t.Register(one), t.Register(key+v), acc(i, v))
		}
	}
	for _, p := range from {
		build.ADDQ(ldk, p)
	}
	for _, p := range bases {
		build.ADDQ(operand.U8(4), p)
	}
	build.DECQ(dim)
	build.JNZ(operand.LabelRef("dims"))
	for i := range n {
		for v := range vectors {
			build.VMOVUPS(acc(i, v), operand.Mem{Base: dst, Disp: t.disp(v)})
		}
		if i+1 < n {
			build.ADDQ(ld, dst)
		}
	}
	end()
}

// rows are pointers to every third of n rows; row addresses any of them.
func rows(first, stride reg.GPVirtual, n int) []reg.GPVirtual {
	bases := []reg.GPVirtual{build.GP64()}
	build.MOVQ(first, bases[0])
	for n > 3*len(bases) {
		b := build.GP64()
		build.LEAQ(operand.Mem{Base: stride, Index: stride, Scale: 2}, b)
		build.ADDQ(bases[len(bases)-1], b)
		bases = append(bases, b)
	}
	return bases
}

func row(bases []reg.GPVirtual, stride reg.GPVirtual, i int) operand.Mem {
	m := operand.Mem{Base: bases[i/3]}
	if i%3 > 0 {
		m.Index, m.Scale = stride, uint8(i%3)
	}
	return m
}

// mix: dst[q·dim + d] += sum over j of w[q·ld + j]·v[j·dim + d], in order of j.
// Several chunks of dimensions are taken together: few sums would wait for their
// additions, and a weight is loaded once for all of them.
func mix(t Target, n int) {
	begin(fmt.Sprintf("mix%s%d", t.Name, n), "func(dst, w *float32, ld int, v *float32, rows, dim int)",
		fmt.Sprintf("mix%s%d adds rows of values for %d queries; dim is a multiple of 16.", t.Name, n, n))
	m := mixer{Target: t, n: n, dst: load("dst"), w: load("w"), ld: load("ld"), v: load("v"), stride: load("dim"), chunks: load("dim")}
	build.SHLQ(operand.U8(2), m.ld)
	build.SHLQ(operand.U8(2), m.stride)
	build.SHRQ(operand.U8(4), m.chunks)
	if wide := max(t.Chunks, 4/n); wide > 1 {
		build.Label("wide")
		build.CMPQ(m.chunks, operand.U8(wide))
		build.JL(operand.LabelRef("rest"))
		m.pass("wide_rows", wide)
		build.SUBQ(operand.U8(wide), m.chunks)
		build.JMP(operand.LabelRef("wide"))
	}
	build.Label("rest")
	build.TESTQ(m.chunks, m.chunks)
	build.JZ(operand.LabelRef("done"))
	m.pass("rows", 1)
	build.DECQ(m.chunks)
	build.JMP(operand.LabelRef("rest"))
	build.Label("done")
	end()
}

// mixer is what the passes of mix share.
type mixer struct {
	Target
	n                             int // queries
	dst, w, ld, v, stride, chunks reg.GPVirtual
}

// pass adds all rows to so many chunks of dimensions and moves on to the next.
func (m *mixer) pass(name string, chunks int) {
	vectors := m.Vectors * chunks
	acc := func(i, v int) reg.VecPhysical { return m.Register(i*vectors + v) }
	weight, values := m.n*vectors, m.n*vectors+1
	outs := func(f func(i, v int, at operand.Mem)) {
		p := build.GP64()
		build.MOVQ(m.dst, p)
		for i := range m.n {
			for v := range vectors {
				f(i, v, operand.Mem{Base: p, Disp: m.disp(v)})
			}
			if i+1 < m.n {
				build.ADDQ(m.stride, p)
			}
		}
	}
	outs(func(i, v int, at operand.Mem) { build.VMOVUPS(at, acc(i, v)) })
	bases := rows(m.w, m.ld, m.n)
	value, count := build.GP64(), load("rows")
	build.MOVQ(m.v, value)
	build.Label(name)
	at := func(v int) operand.Op { return operand.Mem{Base: value, Disp: m.disp(v)} }
	if m.n > 1 { // values that are used more than once stay in registers
		for v := range vectors {
			build.VMOVUPS(at(v), m.Register(values+v))
		}
		at = func(v int) operand.Op { return m.Register(values + v) }
	}
	for i := range m.n {
		build.VBROADCASTSS(row(bases, m.ld, i), m.Register(weight))
		for v := range vectors {
			build.VFMADD231PS(at(v), m.Register(weight), acc(i, v))
		}
	}
	for _, p := range bases {
		build.ADDQ(operand.U8(4), p)
	}
	build.ADDQ(m.stride, value)
	build.DECQ(count)
	build.JNZ(operand.LabelRef(name))
	outs(func(i, v int, at operand.Mem) { build.VMOVUPS(acc(i, v), at) })
	build.ADDQ(operand.U32(4*chunk*chunks), m.dst)
	build.ADDQ(operand.U32(4*chunk*chunks), m.v)
}
