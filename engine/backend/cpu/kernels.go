package cpu

// kernels are the inner loops. A tile multiplies rows of weights with columns of
// activations, both k long and contiguous: y[c*ldy+r] = w[r]·x[c].
type kernels struct {
	name string
	f32  func(y []float32, ldy int, w, x []float32, rows, cols, k int)
	bf16 func(y []float32, ldy int, w []uint16, x []float32, rows, cols, k int)
	// int8 sums exactly, because quantisation keeps |w·x| below 2^31, then multiplies
	// with ws, the scale of each row, and xs, the scale of each column.
	int8 func(y []float32, ldy int, w []int8, x []int16, ws, xs []float32, rows, cols, k int)
	// stepK divides every k that f32, bf16 and int8 take; others go to portable.
	stepK int
	// dots writes dst[j] = q·k[j] for len(dst) keys of len(q).
	dots func(dst, q, k []float32)
	// mix adds the sum of w[j]·v[j] for len(w) values of len(dst).
	mix func(dst, w, v []float32)
	// expSum replaces x by exp(x-peak) and returns the sum.
	expSum func(x []float32, peak float32) float32
	// siluMul writes silu(gate)·up.
	siluMul func(dst, gate, up []float32)
	// squares is the sum of squares.
	squares func(x []float32) float32
	// absMax is the largest magnitude.
	absMax func(x []float32) float32
	// quantise rounds x·scale to integers, ties to even.
	quantise func(dst []int16, x []float32, scale float32)
	// step divides every length that the vectors above have; others go to portable.
	step int
}
