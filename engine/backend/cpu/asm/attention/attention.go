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

// Queries is the number of columns of the transposed queries.
const Queries = 8

// Target is the processor to write for.
type Target struct {
	Name     string
	Vectors  int // that hold a chunk
	Register func(i int) reg.VecPhysical
	Shapes   []int // numbers of queries
}

// Write writes the kernels of all shapes.
func Write(t Target) {
	for _, n := range t.Shapes {
		scores(t, n)
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

// scores: dst[q·ld + j] = sum over d of q[d·8 + q]·k[d·ldk + j], in order of d.
func scores(t Target, n int) {
	begin(fmt.Sprintf("scores%s%d", t.Name, n), "func(dst *float32, ld int, q, k *float32, ldk, dim int)",
		fmt.Sprintf("scores%s%d multiplies %d transposed queries with 16 transposed keys.", t.Name, n, n))
	dst, ld, q, k, ldk, dim := load("dst"), load("ld"), load("q"), load("k"), load("ldk"), load("dim")
	build.SHLQ(operand.U8(2), ld)
	build.SHLQ(operand.U8(2), ldk)
	acc := func(i, v int) reg.VecPhysical { return t.Register(i*t.Vectors + v) }
	t.clear(n * t.Vectors)
	keys, one := n*t.Vectors, n*t.Vectors+t.Vectors
	build.Label("dims")
	for v := range t.Vectors {
		build.VMOVUPS(operand.Mem{Base: k, Disp: t.disp(v)}, t.Register(keys+v))
	}
	for i := range n {
		build.VBROADCASTSS(operand.Mem{Base: q, Disp: 4 * i}, t.Register(one))
		for v := range t.Vectors {
			build.VFMADD231PS(t.Register(one), t.Register(keys+v), acc(i, v))
		}
	}
	build.ADDQ(ldk, k)
	build.ADDQ(operand.U8(4*Queries), q)
	build.DECQ(dim)
	build.JNZ(operand.LabelRef("dims"))
	for i := range n {
		for v := range t.Vectors {
			build.VMOVUPS(acc(i, v), operand.Mem{Base: dst, Disp: t.disp(v)})
		}
		if i+1 < n {
			build.ADDQ(ld, dst)
		}
	}
	end()
}

// mix: dst[q·dim + d] += sum over j of w[q·ld + j]·v[j·dim + d], in order of j.
func mix(t Target, n int) {
	begin(fmt.Sprintf("mix%s%d", t.Name, n), "func(dst, w *float32, ld int, v *float32, rows, dim int)",
		fmt.Sprintf("mix%s%d adds rows of values for %d queries; dim is a multiple of 16.", t.Name, n, n))
	dst, first, ld, v, stride, chunks := load("dst"), load("w"), load("ld"), load("v"), load("dim"), load("dim")
	build.SHLQ(operand.U8(2), ld)
	build.SHLQ(operand.U8(2), stride)
	build.SHRQ(operand.U8(4), chunks)
	acc := func(i, j int) reg.VecPhysical { return t.Register(i*t.Vectors + j) }
	values, one := n*t.Vectors, n*t.Vectors+t.Vectors
	outs := func(f func(i, j int, m operand.Mem)) {
		p := build.GP64()
		build.MOVQ(dst, p)
		for i := range n {
			for j := range t.Vectors {
				f(i, j, operand.Mem{Base: p, Disp: t.disp(j)})
			}
			if i+1 < n {
				build.ADDQ(stride, p)
			}
		}
	}
	bases := []reg.GPVirtual{build.GP64()}
	for n > 3*len(bases) {
		bases = append(bases, build.GP64())
	}
	build.Label("dims")
	outs(func(i, j int, m operand.Mem) { build.VMOVUPS(m, acc(i, j)) })
	row, rows := build.GP64(), load("rows")
	build.MOVQ(v, row)
	build.MOVQ(first, bases[0])
	for i := 1; i < len(bases); i++ {
		build.LEAQ(operand.Mem{Base: ld, Index: ld, Scale: 2}, bases[i])
		build.ADDQ(bases[i-1], bases[i])
	}
	build.Label("rows")
	for j := range t.Vectors {
		build.VMOVUPS(operand.Mem{Base: row, Disp: t.disp(j)}, t.Register(values+j))
	}
	for i := range n {
		m := operand.Mem{Base: bases[i/3]}
		if i%3 > 0 {
			m.Index, m.Scale = ld, uint8(i%3)
		}
		build.VBROADCASTSS(m, t.Register(one))
		for j := range t.Vectors {
			build.VFMADD231PS(t.Register(one), t.Register(values+j), acc(i, j))
		}
	}
	for _, p := range bases {
		build.ADDQ(operand.U8(4), p)
	}
	build.ADDQ(stride, row)
	build.DECQ(rows)
	build.JNZ(operand.LabelRef("rows"))
	outs(func(i, j int, m operand.Mem) { build.VMOVUPS(acc(i, j), m) })
	build.ADDQ(operand.U8(4*chunk), dst)
	build.ADDQ(operand.U8(4*chunk), v)
	build.DECQ(chunks)
	build.JNZ(operand.LabelRef("dims"))
	end()
}
