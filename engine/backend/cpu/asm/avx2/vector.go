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

// pause tells the processor that a loop waits, so that the other thread of its
// core gets on.
func pause() {
	build.TEXT("pause", attr.NOSPLIT, "func()")
	build.Doc("pause is a moment's rest in a loop that waits.")
	build.PAUSE()
	build.RET()
}

// add: x += y.
func add() {
	begin("addAVX2", "func(x, y *float32, n int)", "addAVX2 adds n floats, a multiple of 8.")
	px, py, n := load("x"), load("y"), load("n")
	build.SHRQ(operand.U8(3), n)
	counted("loop", n, func() {
		build.VMOVUPS(operand.Mem{Base: px}, y(0))
		build.VADDPS(operand.Mem{Base: py}, y(0), y(0))
		build.VMOVUPS(y(0), operand.Mem{Base: px})
		build.ADDQ(operand.U8(32), px)
		build.ADDQ(operand.U8(32), py)
	})
	end()
}

// scaleMul: dst = x·scale·w.
func scaleMul() {
	begin("scaleMulAVX2", "func(dst, x, w *float32, scale float32, n int)", "scaleMulAVX2 multiplies n floats, a multiple of 8, with a scale and then with w.")
	dst, px, w, n := load("dst"), load("x"), load("w"), load("n")
	scale := build.Load(build.Param("scale"), build.XMM())
	build.VBROADCASTSS(scale, y(1))
	build.SHRQ(operand.U8(3), n)
	counted("loop", n, func() {
		build.VMULPS(operand.Mem{Base: px}, y(1), y(0))
		build.VMULPS(operand.Mem{Base: w}, y(0), y(0))
		build.VMOVUPS(y(0), operand.Mem{Base: dst})
		for _, p := range []reg.GPVirtual{dst, px, w} {
			build.ADDQ(operand.U8(32), p)
		}
	})
	end()
}

// scaled: dst = x·scale.
func scaled() {
	begin("scaleAVX2", "func(dst, x *float32, scale float32, n int)", "scaleAVX2 multiplies n floats, a multiple of 8, with a scale.")
	dst, px, n := load("dst"), load("x"), load("n")
	scale := build.Load(build.Param("scale"), build.XMM())
	build.VBROADCASTSS(scale, y(1))
	build.SHRQ(operand.U8(3), n)
	counted("loop", n, func() {
		build.VMULPS(operand.Mem{Base: px}, y(1), y(0))
		build.VMOVUPS(y(0), operand.Mem{Base: dst})
		build.ADDQ(operand.U8(32), px)
		build.ADDQ(operand.U8(32), dst)
	})
	end()
}

// rotate turns the pairs i and i + dim/2 of each head. Products are rounded
// before they are added, as in Go.
func rotate() {
	begin("rotateAVX2", "func(x, table *float32, heads, dim int)", "rotateAVX2 turns the pairs of heads of dim, a multiple of 16, by cosines and then sines.")
	p, table, heads, half := load("x"), load("table"), load("heads"), load("dim")
	build.ADDQ(half, half) // bytes of half a head
	counted("heads", heads, func() {
		count, t := load("dim"), build.GP64()
		build.MOVQ(table, t)
		build.SHRQ(operand.U8(4), count)
		counted("pairs", count, func() {
			low, high := operand.Mem{Base: p}, operand.Mem{Base: p, Index: half, Scale: 1}
			build.VMOVUPS(low, y(0))
			build.VMOVUPS(high, y(1))
			build.VMOVUPS(operand.Mem{Base: t}, y(2))
			build.VMOVUPS(operand.Mem{Base: t, Index: half, Scale: 1}, y(3))
			build.VMULPS(y(0), y(2), y(4))
			build.VMULPS(y(1), y(3), y(5))
			build.VSUBPS(y(5), y(4), y(4))
			build.VMULPS(y(1), y(2), y(5))
			build.VMULPS(y(0), y(3), y(0))
			build.VADDPS(y(0), y(5), y(5))
			build.VMOVUPS(y(4), low)
			build.VMOVUPS(y(5), high)
			build.ADDQ(operand.U8(32), p)
			build.ADDQ(operand.U8(32), t)
		})
		build.ADDQ(half, p)
	})
	end()
}

// peak is the largest of n floats.
func peak() {
	begin("peakAVX2", "func(x *float32, n int) float32", "peakAVX2 is the largest of n floats, a multiple of 8.")
	p, n := load("x"), load("n")
	build.SHRQ(operand.U8(3), n)
	build.VBROADCASTSS(operand.Mem{Base: p}, y(0))
	counted("loop", n, func() {
		build.VMAXPS(operand.Mem{Base: p}, y(0), y(0))
		build.ADDQ(operand.U8(32), p)
	})
	largest()
	end()
}

// largest returns the largest float of register 0; register 1 is lost.
func largest() {
	build.VEXTRACTF128(operand.U8(1), y(0), x(1))
	build.VMAXPS(x(1), x(0), x(0))
	build.VMOVHLPS(x(0), x(0), x(1))
	build.VMAXPS(x(1), x(0), x(0))
	build.VMOVSHDUP(x(0), x(1))
	build.VMAXSS(x(1), x(0), x(0))
	build.Store(x(0), build.ReturnIndex(0))
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

// expAgain are the data of expConstants for another function.
func expAgain() []operand.Mem {
	var out []operand.Mem
	for i := range 10 {
		out = append(out, operand.NewDataAddr(operand.NewStaticSymbol("exp"+string(rune('a'+i))), 0))
	}
	for _, name := range []string{"expLow", "expHigh"} {
		out = append(out, operand.NewDataAddr(operand.NewStaticSymbol(name), 0))
	}
	return out
}

func siluMul() {
	begin("siluMulAVX2", "func(dst, gate, up *float32, n int)", "siluMulAVX2 writes silu(gate)*up for n floats, a multiple of 8.")
	c := expAgain()
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
	largest()
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
