package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// kind is a number format of weights.
type kind struct {
	name          string
	weight, input int // bytes of one element
	step          int // elements of one vector operation
	signature     string
}

func kinds() []kind {
	return []kind{
		{"F32", 4, 4, 8, "func(w *float32, ldw int, x *float32, ldx int, y *float32, ldy int, k int)"},
		{"BF16", 2, 4, 8, "func(w *uint16, ldw int, x *float32, ldx int, y *float32, ldy int, k int)"},
		{"Int8", 1, 2, 16, "func(w *int8, ldw int, x *int16, ldx int, y *float32, ldy int, k int)"},
	}
}

// shape is the size of a tile.
type shape struct{ rows, cols int }

// shapes are the tiles: 3 × 4 fills the registers; the others are for what is
// left over and for small batches.
func shapes() []shape {
	return []shape{
		{3, 4}, {3, 3}, {3, 2}, {3, 1}, {1, 4}, {1, 3}, {1, 2}, {1, 1},
	}
}

// tile writes y[c·ldy + r] = w[r]·x[c]. Every element has one accumulator of one
// vector and is summed in the same order in every shape, which makes batches
// invariant. Strides are in bytes; k is a multiple of 16.
func tile(k kind, s shape) {
	name := fmt.Sprintf("tile%dx%d%s", s.rows, s.cols, k.name)
	build.TEXT(name, attr.NOSPLIT, k.signature)
	build.Doc(fmt.Sprintf("%s multiplies %d rows of weights with %d of activations.", name, s.rows, s.cols))
	build.Pragma("noescape")
	w := build.Load(build.Param("w"), build.GP64())
	ldw := build.Load(build.Param("ldw"), build.GP64())
	in := build.Load(build.Param("x"), build.GP64())
	ldx := build.Load(build.Param("ldx"), build.GP64())
	n := build.Load(build.Param("k"), build.GP64())
	acc := func(r, c int) int { return c*s.rows + r }

	weight := func(r, off int) operand.Mem {
		m := operand.Mem{Base: w, Disp: off}
		if r > 0 {
			m.Index, m.Scale = ldw, uint8(r)
		}
		return m
	}
	third := build.GP64()
	if s.cols == 4 {
		build.LEAQ(operand.Mem{Base: ldx, Index: ldx, Scale: 2}, third)
	}
	input := func(c, off int) operand.Mem {
		switch c {
		case 0:
			return operand.Mem{Base: in, Disp: off}
		case 3:
			return operand.Mem{Base: in, Index: third, Scale: 1, Disp: off}
		}
		return operand.Mem{Base: in, Index: ldx, Scale: uint8(c), Disp: off}
	}
	for i := range s.rows * s.cols {
		build.VXORPS(y(i), y(i), y(i))
	}
	perLine := 64 / k.weight // elements of one cache line of weights
	lines, rest := build.GP64(), build.GP64()
	build.MOVQ(n, lines)
	build.MOVQ(n, rest)
	build.SHRQ(operand.U8(log2(perLine)), lines)
	build.ANDQ(operand.U8(perLine-1), rest)
	build.SHRQ(operand.U8(log2(k.step)), rest)
	advance := func(bytes int) {
		build.ADDQ(operand.U8(bytes), w)
		step(in, bytes/k.weight*k.input)
	}
	counted("lines", lines, func() {
		for i := 0; i < perLine; i += k.step {
			multiply(k, s, acc, weight, input, i*k.weight, i*k.input)
		}
		advance(64)
	})
	counted("rest", rest, func() {
		multiply(k, s, acc, weight, input, 0, 0)
		advance(k.step * k.weight)
	})
	out := build.Load(build.Param("y"), build.GP64())
	ldy := build.Load(build.Param("ldy"), build.GP64())
	for c := range s.cols {
		for r := range s.rows {
			i := acc(r, c)
			if k.name == "Int8" {
				sumInts(i, 15)
			} else {
				sum(i, 15)
			}
			build.VMOVSS(x(i), operand.Mem{Base: out, Disp: 4 * r})
		}
		if c+1 < s.cols {
			build.ADDQ(ldy, out)
		}
	}
	build.VZEROUPPER()
	build.RET()
}

// multiply adds one vector of every row times one of every column.
func multiply(k kind, s shape, acc func(r, c int) int, weight, input func(i, off int) operand.Mem, offW, offX int) {
	load := func(r, into int) {
		switch k.name {
		case "F32":
			build.VMOVUPS(weight(r, offW), y(into))
		case "BF16":
			build.VPMOVZXWD(weight(r, offW), y(into))
			build.VPSLLD(operand.U8(16), y(into), y(into))
		case "Int8":
			build.VPMOVSXBW(weight(r, offW), y(into))
		}
	}
	fma := func(w, c, r int) {
		if k.name == "Int8" {
			build.VPMADDWD(input(c, offX), y(w), y(15))
			build.VPADDD(y(15), y(acc(r, c)), y(acc(r, c)))
		} else {
			build.VFMADD231PS(y(15), y(w), y(acc(r, c)))
		}
	}
	if s.rows == 6 { // one column: the input stays, weights come one by one
		if k.name != "Int8" {
			build.VMOVUPS(input(0, offX), y(15))
		}
		for r := range s.rows {
			load(r, 6+r)
		}
		for r := range s.rows {
			fma(6+r, 0, r)
		}
		return
	}
	for r := range s.rows {
		load(r, 12+r)
	}
	for c := range s.cols {
		if k.name != "Int8" {
			build.VMOVUPS(input(c, offX), y(15))
		}
		for r := range s.rows {
			fma(12+r, c, r)
		}
	}
}

// step adds bytes to a register; larger numbers need a longer instruction.
func step(r reg.Register, bytes int) {
	if bytes < 128 {
		build.ADDQ(operand.U8(bytes), r)
		return
	}
	build.ADDQ(operand.U32(bytes), r)
}

func log2(n int) uint8 {
	i := uint8(0)
	for ; 1<<i < n; i++ {
	}
	return i
}
