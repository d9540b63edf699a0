package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// expRegister is the first of the registers that hold the constants of exp.
const expRegister = 16

// expConstants are, in order of registers: 1/ln 2, ln 2 in two parts, the Cephes
// polynomial as in exp32 of the portable kernels, and the smallest and largest
// argument.
func expConstants() []float64 {
	return []float64{
		1.44269504088896341, 0.693359375, -2.12194440e-4,
		1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1,
		-87, 88,
	}
}

// constants makes the functions' data.
func constants() []operand.Mem {
	var out []operand.Mem
	for i, v := range expConstants() {
		out = append(out, build.ConstData("wide"+string(rune('a'+i)), operand.U32(math.Float32bits(float32(v)))))
	}
	return out
}

func setupExp(c []operand.Mem) {
	for i, m := range c {
		build.VBROADCASTSS(m, z(expRegister+i))
	}
}

// exp replaces register v; t and q are lost.
func exp(v, t, q int) {
	c := func(i int) reg.VecPhysical { return z(expRegister + i) }
	build.VMAXPS(c(10), z(v), z(v))
	build.VMINPS(c(11), z(v), z(v))
	build.VMULPS(c(0), z(v), z(t))
	build.VRNDSCALEPS(operand.U8(0), z(t), z(t))
	build.VFNMADD231PS(c(1), z(t), z(v))
	build.VFNMADD231PS(c(2), z(t), z(v))
	build.VMOVAPS(c(3), z(q))
	for i := 4; i < 9; i++ {
		build.VFMADD213PS(c(i), z(v), z(q))
	}
	build.VMULPS(z(v), z(q), z(q))
	build.VFMADD213PS(z(v), z(v), z(q))
	build.VADDPS(c(9), z(q), z(q))
	build.VSCALEFPS(z(t), z(q), z(v))
}

// expSum replaces x by exp(x-peak) and returns the sum.
func expSum(c []operand.Mem) {
	build.TEXT("expSumAVX512", attr.NOSPLIT, "func(x *float32, peak float32, n int) float32")
	build.Doc("expSumAVX512 replaces n floats, a multiple of 16, by exp(x-peak) and returns their sum.")
	build.Pragma("noescape")
	p, n := load("x"), load("n")
	peak := build.Load(build.Param("peak"), build.XMM())
	build.VBROADCASTSS(peak, z(4))
	build.VPXORD(z(5), z(5), z(5))
	build.SHRQ(operand.U8(4), n)
	setupExp(c)
	counted("loop", n, func() {
		build.VMOVUPS(operand.Mem{Base: p}, z(0))
		build.VSUBPS(z(4), z(0), z(0))
		exp(0, 1, 2)
		build.VMOVUPS(z(0), operand.Mem{Base: p})
		build.VADDPS(z(0), z(5), z(5))
		build.ADDQ(operand.U8(64), p)
	})
	build.VEXTRACTF64X4(operand.U8(1), z(5), y(0))
	build.VADDPS(y(0), y(5), y(5))
	build.VEXTRACTF128(operand.U8(1), y(5), x(0))
	build.VADDPS(x(0), x(5), x(5))
	build.VHADDPS(x(5), x(5), x(5))
	build.VHADDPS(x(5), x(5), x(5))
	build.Store(x(5), build.ReturnIndex(0))
	build.VZEROUPPER()
	build.RET()
}

// siluMul writes gate / (1 + exp(-gate)) · up.
func siluMul(c []operand.Mem) {
	build.TEXT("siluMulAVX512", attr.NOSPLIT, "func(dst, gate, up *float32, n int)")
	build.Doc("siluMulAVX512 writes silu(gate)*up for n floats, a multiple of 16.")
	build.Pragma("noescape")
	dst, gate, up, n := load("dst"), load("gate"), load("up"), load("n")
	build.SHRQ(operand.U8(4), n)
	build.VPXORD(z(4), z(4), z(4))
	setupExp(c)
	counted("loop", n, func() {
		build.VMOVUPS(operand.Mem{Base: gate}, z(3))
		build.VSUBPS(z(3), z(4), z(0))
		exp(0, 1, 2)
		build.VADDPS(z(expRegister+9), z(0), z(0))
		build.VDIVPS(z(0), z(3), z(3))
		build.VMULPS(operand.Mem{Base: up}, z(3), z(3))
		build.VMOVUPS(z(3), operand.Mem{Base: dst})
		for _, p := range []reg.GPVirtual{dst, gate, up} {
			build.ADDQ(operand.U8(64), p)
		}
	})
	build.VZEROUPPER()
	build.RET()
}
