// Command avx2 writes the AVX2 kernels of package cpu. Its module is its own,
// so that the product does not depend on the generator. From the module:
//
//	go run ./avx2 -out ../avx2_amd64.s -stubs ../avx2_amd64.go -pkg cpu
package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/inference-iac/terraform-provider-inference/engine/backend/cpu/asm/attention"
)

func main() {
	build.ConstraintExpr("amd64")
	for _, k := range kinds() {
		for _, shape := range shapes() {
			tile(k, shape)
		}
	}
	pause()
	peak()
	add()
	rotate()
	scaled()
	scaleMul()
	expSum()
	siluMul()
	squares()
	absMax()
	quantise()
	gelu()
	sums()
	spread()
	centre()
	attention.Write(attention.Target{Name: "AVX2", Vectors: 2, Register: y, Shapes: []int{1, 2, 4}, Chunks: 1})
	build.Generate()
}

// y returns vector register i; x is its lower half.
func y(i int) reg.VecPhysical {
	return []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	}[i]
}

func x(i int) reg.Register { return y(i).AsX() }

// sum adds the eight floats of register i, always in the same order, into its
// lowest. Register t is lost.
func sum(i, t int) {
	build.VEXTRACTF128(operand.U8(1), y(i), x(t))
	build.VADDPS(x(t), x(i), x(i))
	build.VMOVHLPS(x(i), x(i), x(t))
	build.VADDPS(x(t), x(i), x(i))
	build.VMOVSHDUP(x(i), x(t))
	build.VADDSS(x(t), x(i), x(i))
}

// sumInts does the same with integers and makes a float of the result.
func sumInts(i, t int) {
	build.VEXTRACTI128(operand.U8(1), y(i), x(t))
	build.VPADDD(x(t), x(i), x(i))
	build.VPSHUFD(operand.U8(0x4e), x(i), x(t))
	build.VPADDD(x(t), x(i), x(i))
	build.VPSHUFD(operand.U8(0xb1), x(i), x(t))
	build.VPADDD(x(t), x(i), x(i))
	build.VCVTDQ2PS(x(i), x(i))
}

// counted runs body n times; n is lost. It runs not at all if n is zero.
func counted(name string, n reg.GPVirtual, body func()) {
	build.TESTQ(n, n)
	build.JZ(operand.LabelRef(name + "_end"))
	build.Label(name)
	body()
	build.DECQ(n)
	build.JNZ(operand.LabelRef(name))
	build.Label(name + "_end")
}
