package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Registers of a stream: up to eight sums, then the row of weights.
const (
	streamCols = 8
	streamRow  = streamCols
)

// streamAhead is how many bytes of weights are asked for before they are needed: a
// page, because the processor's own fetching ends with the page.
const streamAhead = 4096

// stream does what product does, row after row. Weights that come from memory
// arrive almost twice as fast that way, because the processor sees one rising
// sequence of addresses and fetches far ahead of it.
func stream(k kind, cols int) {
	name := fmt.Sprintf("stream%s%d", k.name, cols)
	build.TEXT(name, attr.NOSPLIT, k.signature)
	build.Doc(fmt.Sprintf("%s does what product%s does with %d of activations, for weights that are not in a cache.", name, k.name, cols))
	build.Pragma("noescape")
	w, in, out, ldy, ldx, rows := load("w"), load("x"), load("y"), load("ldy"), load("k"), load("rows")
	scale(ldx, k.input)
	build.SHLQ(operand.U8(2), ldy)
	var ws, xs reg.GPVirtual
	if k.name == "Int8" {
		ws, xs = load("ws"), load("xs")
	}
	// bases[i] is column 3·i; the next two are reached from it.
	bases := []reg.GPVirtual{in}
	third := build.GP64()
	build.LEAQ(operand.Mem{Base: ldx, Index: ldx, Scale: 2}, third)
	for 3*len(bases) < cols {
		b := build.GP64()
		build.LEAQ(operand.Mem{Base: bases[len(bases)-1], Index: third, Scale: 1}, b)
		bases = append(bases, b)
	}
	counted("rows", rows, func() {
		for c := range cols {
			build.VPXORD(z(c), z(c), z(c))
		}
		at, n := build.GP64(), load("k")
		build.XORQ(at, at)
		build.Label("k")
		build.PREFETCHT1(operand.Mem{Base: w, Disp: streamAhead})
		weight(k, operands{w: w}, 0, streamRow)
		for c := range cols {
			// Columns are reached through one index so that few registers move.
			m := operand.Mem{Base: bases[c/3], Index: at, Scale: 1}
			if c%3 > 0 {
				p := build.GP64()
				build.LEAQ(operand.Mem{Base: bases[c/3], Index: ldx, Scale: uint8(c % 3)}, p)
				m.Base = p
			}
			if k.name == "Int8" {
				build.VPDPWSSD(m, z(streamRow), z(c))
			} else {
				build.VFMADD231PS(m, z(streamRow), z(c))
			}
		}
		build.ADDQ(operand.U8(k.step*k.weight), w)
		build.ADDQ(operand.U8(k.step*k.input), at)
		build.SUBQ(operand.U8(k.step), n)
		build.JNZ(operand.LabelRef("k"))
		p := build.GP64()
		build.MOVQ(out, p)
		for c := 0; c < cols; c += 4 {
			streamResults(k, c, min(4, cols-c), p, ldy, ws, xs)
		}
		build.ADDQ(operand.U8(4), out)
		if k.name == "Int8" {
			build.ADDQ(operand.U8(4), ws)
		}
	})
	build.VZEROUPPER()
	build.RET()
}

// streamResults adds up the lanes of n sums from column c on, in the order of
// results, and stores them; p moves on.
func streamResults(k kind, c, n int, p, ldy, ws, xs reg.GPVirtual) {
	ints := k.name == "Int8"
	add, pairs, half, quarter := lanes(ints)
	sums, free := streamRow+1, streamRow+5
	for i := range n {
		half(operand.U8(1), z(c+i), y(free))
		add(y(free), y(c+i), y(sums+i))
	}
	last := func(i int) reg.Register { return y(sums + min(i, n-1)) }
	pairs(last(1), last(0), y(sums))
	if n > 2 {
		pairs(last(3), last(2), y(sums+2))
		pairs(y(sums+2), y(sums), y(sums))
	} else {
		pairs(y(sums), y(sums), y(sums))
	}
	quarter(operand.U8(1), y(sums), x(free))
	add(x(free), x(sums), x(sums))
	if ints {
		build.VCVTDQ2PS(x(sums), x(sums))
		build.VBROADCASTSS(operand.Mem{Base: ws}, x(free))
		build.VMULPS(x(free), x(sums), x(sums))
	}
	for i := range n {
		if i > 0 {
			build.VPSRLDQ(operand.U8(4), x(sums), x(sums))
		}
		from := x(sums)
		if ints {
			build.VMULSS(operand.Mem{Base: xs, Disp: 4 * (c + i)}, x(sums), x(free))
			from = x(free)
		}
		build.VMOVSS(from, operand.Mem{Base: p})
		build.ADDQ(ldy, p)
	}
}
