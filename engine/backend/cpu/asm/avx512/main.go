// Command avx512 writes the AVX-512 kernels of package cpu: the products,
// attention and exponentials, which gain most from wide vectors and thirty-two
// registers. All else is AVX2. From the module:
//
//	go run ./avx512 -out ../avx512_amd64.s -stubs ../avx512_amd64.go -pkg cpu
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
		product(k, maxCols)
		for cols := 1; cols <= streamCols; cols++ {
			stream(k, cols)
		}
	}
	attention.Write(attention.Target{Name: "AVX512", Vectors: 1, Register: z, Shapes: []int{1, 2, 4, 8}, Chunks: 2})
	c := constants()
	expSum(c)
	siluMul(c)
	build.Generate()
}

// z returns vector register i; y and x are its lower parts.
func z(i int) reg.VecPhysical {
	return []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	}[i]
}

func y(i int) reg.Register { return z(i).AsY() }
func x(i int) reg.Register { return z(i).AsX() }

// load is a parameter in a register.
func load(name string) reg.GPVirtual {
	return build.Load(build.Param(name), build.GP64()).(reg.GPVirtual)
}

// counted runs body n times, not at all if n is zero; n is lost.
func counted(name string, n reg.GPVirtual, body func()) {
	build.TESTQ(n, n)
	build.JZ(operand.LabelRef(name + "_end"))
	build.Label(name)
	body()
	build.DECQ(n)
	build.JNZ(operand.LabelRef(name))
	build.Label(name + "_end")
}
