package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

// gelu replaces x by x/2·(1 + erf(x/√2)) = max(x, 0) - |x|/2·erfc(|x|/√2). The
// complement's approximation has a relative error of 1.2e-7 everywhere: for
// t = 1/(1 + z/2) it is t·exp(-z² + a polynomial of t) (Press et al., Numerical
// Recipes in C, 2nd edition, section 6.2).
func gelu() {
	begin("geluAVX2", "func(x *float32, n int)", "geluAVX2 applies the erf GELU to n floats, a multiple of 8.")
	c := expAgain()
	quarter := constant("geluQuarter", 0.35355339059327373) // 1/(2·√2)
	half, less := constant("geluHalf", 0.5), constant("geluLess", -0.5)
	var poly []operand.Mem
	for i, v := range []float64{
		0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807,
		-0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223,
	} {
		poly = append(poly, constant("gelu"+string(rune('a'+i)), v))
	}
	mask := operand.NewDataAddr(operand.NewStaticSymbol("absMask"), 0)
	p, n := load("x"), load("n")
	build.SHRQ(operand.U8(3), n)
	setupExp(c)
	const v, t, q, in, part, sum, one = 0, 1, 2, 3, 4, 5, 15
	counted("loop", n, func() {
		build.VMOVUPS(operand.Mem{Base: p}, y(in))
		build.VBROADCASTSS(mask, y(t))
		build.VANDPS(y(t), y(in), y(v))
		build.VBROADCASTSS(quarter, y(t))
		build.VMULPS(y(t), y(v), y(part))
		build.VADDPS(y(one), y(part), y(part))
		build.VDIVPS(y(part), y(one), y(part))
		build.VBROADCASTSS(poly[0], y(sum))
		for _, m := range poly[1:] {
			build.VBROADCASTSS(m, y(t))
			build.VFMADD213PS(y(t), y(part), y(sum))
		}
		build.VMULPS(y(v), y(v), y(v))
		build.VBROADCASTSS(less, y(t))
		build.VFMADD213PS(y(sum), y(t), y(v))
		exp(c, v, t, q)
		build.VBROADCASTSS(half, y(t))
		build.VMULPS(y(t), y(part), y(part))
		build.VMULPS(y(part), y(v), y(v))
		build.VBROADCASTSS(mask, y(t))
		build.VANDPS(y(t), y(in), y(q))
		build.VXORPS(y(t), y(t), y(t))
		build.VMAXPS(y(t), y(in), y(in))
		build.VFNMADD231PS(y(q), y(v), y(in))
		build.VMOVUPS(y(in), operand.Mem{Base: p})
		build.ADDQ(operand.U8(32), p)
	})
	end()
}
