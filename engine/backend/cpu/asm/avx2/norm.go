package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// total adds the four doubles of register i into its lowest; register t is lost.
func total(i, t int) {
	build.VEXTRACTF128(operand.U8(1), y(i), x(t))
	build.VADDPD(x(t), x(i), x(i))
	build.VHADDPD(x(i), x(i), x(i))
	build.Store(x(i), build.ReturnIndex(0))
}

// sums is the sum of x.
func sums() {
	begin("totalAVX2", "func(x *float32, n int) float64", "totalAVX2 is the sum of n floats, a multiple of 8, in doubles.")
	p, n := load("x"), load("n")
	build.SHRQ(operand.U8(3), n)
	build.VXORPD(y(0), y(0), y(0))
	build.VXORPD(y(1), y(1), y(1))
	counted("loop", n, func() {
		for i := range 2 {
			build.VCVTPS2PD(operand.Mem{Base: p, Disp: 16 * i}, y(2+i))
			build.VADDPD(y(2+i), y(i), y(i))
		}
		build.ADDQ(operand.U8(32), p)
	})
	build.VADDPD(y(1), y(0), y(0))
	total(0, 1)
	end()
}

// spread is the sum of (x - mean)².
func spread() {
	begin("spreadAVX2", "func(x *float32, mean float64, n int) float64", "spreadAVX2 is the sum of (x-mean)² of n floats, a multiple of 8, in doubles.")
	p, n := load("x"), load("n")
	mean := build.Load(build.Param("mean"), build.XMM())
	build.VBROADCASTSD(mean, y(4))
	build.SHRQ(operand.U8(3), n)
	build.VXORPD(y(0), y(0), y(0))
	build.VXORPD(y(1), y(1), y(1))
	counted("loop", n, func() {
		for i := range 2 {
			build.VCVTPS2PD(operand.Mem{Base: p, Disp: 16 * i}, y(2+i))
			build.VSUBPD(y(4), y(2+i), y(2+i))
			build.VFMADD231PD(y(2+i), y(2+i), y(i))
		}
		build.ADDQ(operand.U8(32), p)
	})
	build.VADDPD(y(1), y(0), y(0))
	total(0, 1)
	end()
}

// centre: dst = (x - mean)·inv·w, and then + bias, which may be nil.
func centre() {
	begin("centreAVX2", "func(dst, x, w, bias *float32, mean, inv float64, n int)",
		"centreAVX2 writes (x-mean)·inv·w+bias for n floats, a multiple of 4; bias may be nil.")
	dst, in, w, bias, n := load("dst"), load("x"), load("w"), load("bias"), load("n")
	mean, inv := build.Load(build.Param("mean"), build.XMM()), build.Load(build.Param("inv"), build.XMM())
	build.VBROADCASTSD(mean, y(4))
	build.VBROADCASTSD(inv, y(5))
	build.SHRQ(operand.U8(2), n)
	counted("loop", n, func() {
		build.VCVTPS2PD(operand.Mem{Base: in}, y(0))
		build.VSUBPD(y(4), y(0), y(0))
		build.VMULPD(y(5), y(0), y(0))
		build.VCVTPD2PSY(y(0), x(0))
		build.VMULPS(operand.Mem{Base: w}, x(0), x(0))
		build.TESTQ(bias, bias)
		build.JZ(operand.LabelRef("unbiased"))
		build.VADDPS(operand.Mem{Base: bias}, x(0), x(0))
		build.ADDQ(operand.U8(16), bias)
		build.Label("unbiased")
		build.VMOVUPS(x(0), operand.Mem{Base: dst})
		for _, p := range []reg.GPVirtual{dst, in, w} {
			build.ADDQ(operand.U8(16), p)
		}
	})
	end()
}
