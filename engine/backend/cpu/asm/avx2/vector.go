package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// begin starts a function over float slices.
func begin(name, signature, doc string) {
	build.TEXT(name, attr.NOSPLIT, signature)
	build.Doc(doc)
	build.Pragma("noescape")
}

func end() {
	build.VZEROUPPER()
	build.RET()
}

// load is a parameter in a register.
func load(name string) reg.GPVirtual {
	return build.Load(build.Param(name), build.GP64()).(reg.GPVirtual)
}

// dots: dst[j] = q·k[j]. Two accumulators, so that short heads do not wait for
// each other's sums.
func dots() {
	begin("dotsAVX2", "func(dst, q, k *float32, n, dim int)", "dotsAVX2 writes n dot products of length dim, a multiple of 16.")
	dst, k, n := load("dst"), load("k"), load("n")
	counted("keys", n, func() {
		q, count := load("q"), load("dim")
		build.SHRQ(operand.U8(4), count)
		build.VXORPS(y(0), y(0), y(0))
		build.VXORPS(y(1), y(1), y(1))
		counted("dim", count, func() {
			build.VMOVUPS(operand.Mem{Base: q}, y(2))
			build.VMOVUPS(operand.Mem{Base: q, Disp: 32}, y(3))
			build.VFMADD231PS(operand.Mem{Base: k}, y(2), y(0))
			build.VFMADD231PS(operand.Mem{Base: k, Disp: 32}, y(3), y(1))
			build.ADDQ(operand.U8(64), q)
			build.ADDQ(operand.U8(64), k)
		})
		build.VADDPS(y(1), y(0), y(0))
		sum(0, 1)
		build.VMOVSS(x(0), operand.Mem{Base: dst})
		build.ADDQ(operand.U8(4), dst)
	})
	end()
}

// mix: dst += sum of w[j]·v[j], sixteen dimensions at a time.
func mix() {
	begin("mixAVX2", "func(dst, w, v *float32, n, dim int)", "mixAVX2 adds n weighted rows of dim floats, a multiple of 16.")
	dst, stride, blocks := load("dst"), load("dim"), load("dim")
	v := load("v")
	build.SHLQ(operand.U8(2), stride)
	build.SHRQ(operand.U8(4), blocks)
	counted("dims", blocks, func() {
		w, n := load("w"), load("n")
		row := build.GP64()
		build.MOVQ(v, row)
		build.VMOVUPS(operand.Mem{Base: dst}, y(0))
		build.VMOVUPS(operand.Mem{Base: dst, Disp: 32}, y(1))
		counted("rows", n, func() {
			build.VBROADCASTSS(operand.Mem{Base: w}, y(2))
			build.VFMADD231PS(operand.Mem{Base: row}, y(2), y(0))
			build.VFMADD231PS(operand.Mem{Base: row, Disp: 32}, y(2), y(1))
			build.ADDQ(operand.U8(4), w)
			build.ADDQ(stride, row)
		})
		build.VMOVUPS(y(0), operand.Mem{Base: dst})
		build.VMOVUPS(y(1), operand.Mem{Base: dst, Disp: 32})
		build.ADDQ(operand.U8(64), dst)
		build.ADDQ(operand.U8(64), v)
	})
	end()
}

// constant is a float in memory.
func constant(name string, v float64) operand.Mem {
	return build.ConstData(name, operand.U32(math.Float32bits(float32(v))))
}

// expConstants are loaded into registers 6 to 15 by setupExp: the Cephes
// polynomial, as in exp32 of the portable kernels.
func expConstants() []operand.Mem {
	var out []operand.Mem
	for i, v := range []float64{
		1.44269504088896341, 0.693359375, -2.12194440e-4,
		1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1,
	} {
		out = append(out, constant("exp"+string(rune('a'+i)), v))
	}
	return append(out, constant("expLow", -87), constant("expHigh", 88))
}

func setupExp(c []operand.Mem) {
	for i := range 10 {
		build.VBROADCASTSS(c[i], y(6+i))
	}
}

// exp replaces register v; t and q are lost.
func exp(c []operand.Mem, v, t, q int) {
	build.VBROADCASTSS(c[10], y(t))
	build.VMAXPS(y(t), y(v), y(v))
	build.VBROADCASTSS(c[11], y(t))
	build.VMINPS(y(t), y(v), y(v))
	build.VMULPS(y(6), y(v), y(t))
	build.VROUNDPS(operand.U8(0), y(t), y(t))
	build.VFNMADD231PS(y(7), y(t), y(v))
	build.VFNMADD231PS(y(8), y(t), y(v))
	build.VMOVAPS(y(9), y(q))
	for i := 10; i < 15; i++ {
		build.VFMADD213PS(y(i), y(v), y(q))
	}
	build.VMULPS(y(v), y(q), y(q))
	build.VFMADD213PS(y(v), y(v), y(q))
	build.VADDPS(y(15), y(q), y(q))
	build.VCVTPS2DQ(y(t), y(t))
	build.VPSLLD(operand.U8(23), y(t), y(t))
	build.VPADDD(y(t), y(q), y(v))
}

func expSum() {
	begin("expSumAVX2", "func(x *float32, peak float32, n int) float32", "expSumAVX2 replaces n floats, a multiple of 8, by exp(x-peak) and returns their sum.")
	c := expConstants()
	p, n := load("x"), load("n")
	peak := build.Load(build.Param("peak"), build.XMM())
	build.VBROADCASTSS(peak, y(4))
	build.SHRQ(operand.U8(3), n)
	build.VXORPS(y(5), y(5), y(5))
	setupExp(c)
	counted("loop", n, func() {
		build.VMOVUPS(operand.Mem{Base: p}, y(0))
		build.VSUBPS(y(4), y(0), y(0))
		exp(c, 0, 1, 2)
		build.VMOVUPS(y(0), operand.Mem{Base: p})
		build.VADDPS(y(0), y(5), y(5))
		build.ADDQ(operand.U8(32), p)
	})
	sum(5, 0)
	build.Store(x(5), build.ReturnIndex(0))
	end()
}

func siluMul() {
	begin("siluMulAVX2", "func(dst, gate, up *float32, n int)", "siluMulAVX2 writes silu(gate)*up for n floats, a multiple of 8.")
	c := []operand.Mem{}
	for i := range 10 {
		c = append(c, operand.NewDataAddr(operand.NewStaticSymbol("exp"+string(rune('a'+i))), 0))
	}
	c = append(c, operand.NewDataAddr(operand.NewStaticSymbol("expLow"), 0), operand.NewDataAddr(operand.NewStaticSymbol("expHigh"), 0))
	dst, gate, up, n := load("dst"), load("gate"), load("up"), load("n")
	build.SHRQ(operand.U8(3), n)
	setupExp(c)
	counted("loop", n, func() {
		build.VXORPS(y(0), y(0), y(0))
		build.VMOVUPS(operand.Mem{Base: gate}, y(3))
		build.VSUBPS(y(3), y(0), y(0))
		exp(c, 0, 1, 2)
		build.VADDPS(y(15), y(0), y(0))
		build.VDIVPS(y(0), y(3), y(3))
		build.VMULPS(operand.Mem{Base: up}, y(3), y(3))
		build.VMOVUPS(y(3), operand.Mem{Base: dst})
		for _, p := range []reg.GPVirtual{dst, gate, up} {
			build.ADDQ(operand.U8(32), p)
		}
	})
	end()
}

func squares() {
	begin("squaresAVX2", "func(x *float32, n int) float32", "squaresAVX2 is the sum of n squares, n a multiple of 8.")
	p, n := load("x"), load("n")
	build.SHRQ(operand.U8(3), n)
	build.VXORPS(y(0), y(0), y(0))
	counted("loop", n, func() {
		build.VMOVUPS(operand.Mem{Base: p}, y(1))
		build.VFMADD231PS(y(1), y(1), y(0))
		build.ADDQ(operand.U8(32), p)
	})
	sum(0, 1)
	build.Store(x(0), build.ReturnIndex(0))
	end()
}

func absMax() {
	begin("absMaxAVX2", "func(x *float32, n int) float32", "absMaxAVX2 is the largest magnitude of n floats, a multiple of 8.")
	mask := build.ConstData("absMask", operand.U32(0x7fffffff))
	p, n := load("x"), load("n")
	build.SHRQ(operand.U8(3), n)
	build.VBROADCASTSS(mask, y(2))
	build.VXORPS(y(0), y(0), y(0))
	counted("loop", n, func() {
		build.VANDPS(operand.Mem{Base: p}, y(2), y(1))
		build.VMAXPS(y(1), y(0), y(0))
		build.ADDQ(operand.U8(32), p)
	})
	build.VEXTRACTF128(operand.U8(1), y(0), x(1))
	build.VMAXPS(x(1), x(0), x(0))
	build.VMOVHLPS(x(0), x(0), x(1))
	build.VMAXPS(x(1), x(0), x(0))
	build.VMOVSHDUP(x(0), x(1))
	build.VMAXSS(x(1), x(0), x(0))
	build.Store(x(0), build.ReturnIndex(0))
	end()
}

func quantise() {
	begin("quantiseAVX2", "func(dst *int16, x *float32, scale float32, n int)", "quantiseAVX2 rounds n floats times scale, n a multiple of 16.")
	dst, p, n := load("dst"), load("x"), load("n")
	scale := build.Load(build.Param("scale"), build.XMM())
	build.VBROADCASTSS(scale, y(3))
	build.SHRQ(operand.U8(4), n)
	counted("loop", n, func() {
		build.VMULPS(operand.Mem{Base: p}, y(3), y(0))
		build.VMULPS(operand.Mem{Base: p, Disp: 32}, y(3), y(1))
		build.VCVTPS2DQ(y(0), y(0))
		build.VCVTPS2DQ(y(1), y(1))
		build.VPACKSSDW(y(1), y(0), y(0))
		build.VPERMQ(operand.U8(0xd8), y(0), y(0))
		build.VMOVDQU(y(0), operand.Mem{Base: dst})
		build.ADDQ(operand.U8(64), p)
		build.ADDQ(operand.U8(32), dst)
	})
	end()
}
