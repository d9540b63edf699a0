package main

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Registers of a product: up to 24 sums, then four rows of weights and one
// column of activations.
const (
	maxRows = 4
	maxCols = 6
	weights = maxRows * maxCols
	column  = weights + maxRows
)

// kind is a number format of weights.
type kind struct {
	name          string
	weight, input int    // bytes of one element
	step          int    // elements of one vector operation
	signature     string // of a stream; a product has two parameters more
}

// ahead are the parameters of a product for what it fetches.
func (k kind) ahead() string {
	weight := k.signature[strings.Index(k.signature, "w *")+2:]
	weight = weight[:strings.Index(weight, ",")]
	return strings.TrimSuffix(k.signature, ")") + ", next " + weight + ", hop int)"
}

func kinds() []kind {
	return []kind{
		{"F32", 4, 4, 16, "func(y *float32, ldy int, w *float32, x *float32, rows, k int)"},
		{"BF16", 2, 4, 16, "func(y *float32, ldy int, w *uint16, x *float32, rows, k int)"},
		{"Int8", 1, 2, 32, "func(y *float32, ldy int, w *int8, x *int16, ws, xs *float32, rows, k int)"},
	}
}

// operands are the registers that a product walks with.
type operands struct {
	w, w3   reg.GPVirtual // rows 0 to 2, row 3
	x, x3   reg.GPVirtual // columns 0 to 2, columns 3 to 5
	ldw     reg.GPVirtual // bytes of a row
	ldx     reg.GPVirtual // bytes of a column
	y, ldy  reg.GPVirtual
	ws, xs  reg.GPVirtual // scales of Int8
	k, rows reg.GPVirtual
	next    reg.GPVirtual // address to fetch
	hop     operand.Mem   // bytes that it goes on by
}

// product writes y[c·ldy + r] = w[r]·x[c] for any number of rows, four and then
// one at a time, of weights that are in a cache. Every element has one accumulator
// of one vector and is summed in the same order in every shape, which makes
// batches invariant. The weights of the next part come from memory meanwhile.
func product(k kind, cols int) {
	name := "product" + k.name
	build.TEXT(name, attr.NOSPLIT, k.ahead())
	build.Doc(fmt.Sprintf("%s multiplies rows of weights with %d of activations, both of k elements, a multiple of %d,", name, cols, k.step),
		"and fetches the cache line at next, which goes on by hop bytes, with every vector of rows.")
	build.Pragma("noescape")
	o := operands{
		w: load("w"), x: load("x"), y: load("y"), ldy: load("ldy"), ldw: load("k"), ldx: load("k"), rows: load("rows"),
		w3: build.GP64(), x3: build.GP64(), k: build.GP64(), next: load("next"),
	}
	hop, err := build.Param("hop").Resolve()
	if err != nil {
		panic(err) // the signature is ours
	}
	o.hop = hop.Addr
	if k.name == "Int8" {
		o.ws, o.xs = load("ws"), load("xs")
	}
	scale(o.ldw, k.weight)
	scale(o.ldx, k.input)
	build.SHLQ(operand.U8(2), o.ldy)
	build.CMPQ(o.rows, operand.U8(maxRows))
	build.JL(operand.LabelRef("single"))
	build.Label("four")
	pass(k, o, maxRows, cols)
	build.SUBQ(operand.U8(maxRows), o.rows)
	build.CMPQ(o.rows, operand.U8(maxRows))
	build.JGE(operand.LabelRef("four"))
	build.Label("single")
	counted("one", o.rows, func() { pass(k, o, 1, cols) })
	build.VZEROUPPER()
	build.RET()
}

// scale multiplies a register by a power of two.
func scale(r reg.GPVirtual, by int) {
	for ; by > 1; by /= 2 {
		build.ADDQ(r, r)
	}
}

// pass multiplies some rows with all columns and goes on to the next rows.
func pass(k kind, o operands, rows, cols int) {
	acc := func(r, c int) int { return c*rows + r }
	for i := range rows * cols {
		build.VPXORD(z(i), z(i), z(i))
	}
	build.LEAQ(operand.Mem{Base: o.ldw, Index: o.ldw, Scale: 2}, o.w3)
	build.ADDQ(o.w, o.w3)
	build.LEAQ(operand.Mem{Base: o.ldx, Index: o.ldx, Scale: 2}, o.x3)
	build.ADDQ(o.x, o.x3)
	build.Load(build.Param("k"), o.k)
	loop := fmt.Sprintf("k%d", rows)
	build.Label(loop)
	build.PREFETCHT0(operand.Mem{Base: o.next})
	build.ADDQ(o.hop, o.next)
	for r := range rows {
		weight(k, o, r, weights+r)
	}
	for c := range cols {
		m := operand.Mem{Base: o.x, Index: o.ldx, Scale: uint8(c % 3)}
		if c >= 3 {
			m.Base = o.x3
		}
		if c%3 == 0 {
			m.Index, m.Scale = nil, 0
		}
		build.VMOVUPS(m, z(column))
		for r := range rows {
			if k.name == "Int8" {
				build.VPDPWSSD(z(column), z(weights+r), z(acc(r, c)))
			} else {
				build.VFMADD231PS(z(column), z(weights+r), z(acc(r, c)))
			}
		}
	}
	for _, p := range []reg.GPVirtual{o.w, o.w3} {
		build.ADDQ(operand.U8(k.step*k.weight), p)
	}
	build.ADDQ(operand.U8(k.step*k.input), o.x)
	build.ADDQ(operand.U8(k.step*k.input), o.x3)
	build.SUBQ(operand.U8(k.step), o.k)
	build.JNZ(operand.LabelRef(loop))
	build.SUBQ(o.ldx, o.x)
	if rows == maxRows {
		build.MOVQ(o.w3, o.w)
	}
	results(k, o, rows, cols)
}

// weight loads a vector of row r, widened to what activations are, into a register.
func weight(k kind, o operands, r, into int) {
	m := operand.Mem{Base: o.w, Index: o.ldw, Scale: uint8(r)}
	switch r {
	case 0:
		m.Index, m.Scale = nil, 0
	case 3:
		m = operand.Mem{Base: o.w3}
	}
	v := z(into)
	switch k.name {
	case "F32":
		build.VMOVUPS(m, v)
	case "BF16":
		build.VPMOVZXWD(m, v)
		build.VPSLLD(operand.U8(16), v, v)
	case "Int8":
		build.VPMOVSXBW(m, v)
	}
}

// instruction has two sources and then a destination.
type instruction func(a, b, to operand.Op)

// lanes are the instructions that add up a vector: two vectors, neighbours in two
// vectors, the upper half and the upper quarter.
func lanes(ints bool) (add, pairs, half, quarter instruction) {
	if ints {
		return func(a, b, to operand.Op) { build.VPADDD(a, b, to) }, build.VPHADDD,
			func(a, b, to operand.Op) { build.VEXTRACTI64X4(a, b, to) }, build.VEXTRACTI128
	}
	return func(a, b, to operand.Op) { build.VADDPS(a, b, to) }, build.VHADDPS,
		func(a, b, to operand.Op) { build.VEXTRACTF64X4(a, b, to) }, build.VEXTRACTF128
}

// results adds up the lanes of all sums, always in the same order, and stores them.
func results(k kind, o operands, rows, cols int) {
	ints := k.name == "Int8"
	add, pairs, half, quarter := lanes(ints)
	out := build.GP64()
	build.MOVQ(o.y, out)
	for c := range cols {
		for r := range rows {
			half(operand.U8(1), z(c*rows+r), y(weights+r))
			add(y(weights+r), y(c*rows+r), y(r))
		}
		pairs(y(min(1, rows-1)), y(0), y(0))
		if rows == maxRows {
			pairs(y(3), y(2), y(2))
			pairs(y(2), y(0), y(0))
		} else {
			pairs(y(0), y(0), y(0))
		}
		free := 1 // of the sums that are stored already
		if rows == 1 {
			free = maxCols
		}
		quarter(operand.U8(1), y(0), x(free))
		add(x(free), x(0), x(0))
		store(k, o, out, rows, c)
		if c+1 < cols {
			build.ADDQ(o.ldy, out)
		}
	}
	build.ADDQ(operand.U8(4*rows), o.y)
	if ints {
		build.ADDQ(operand.U8(4*rows), o.ws)
	}
}

// store writes the sums of one column, which register 0 holds.
func store(k kind, o operands, out reg.GPVirtual, rows, c int) {
	to, ws, xs := operand.Mem{Base: out}, operand.Mem{Base: o.ws}, operand.Mem{Base: o.xs, Disp: 4 * c}
	if k.name == "Int8" {
		build.VCVTDQ2PS(x(0), x(0))
		if rows == maxRows {
			build.VMULPS(ws, x(0), x(0))
			build.VBROADCASTSS(xs, x(1))
			build.VMULPS(x(1), x(0), x(0))
		} else {
			build.VMULSS(ws, x(0), x(0))
			build.VMULSS(xs, x(0), x(0))
		}
	}
	if rows == maxRows {
		build.VMOVUPS(x(0), to)
	} else {
		build.VMOVSS(x(0), to)
	}
}
