package cpu

// kernels are the inner loops. A tile multiplies rows of weights with columns of
// activations, both k long and contiguous: y[c*ldy+r] = w[r]·x[c]. Next is the
// weights that will be multiplied after w, to be fetched from memory meanwhile.
type kernels struct {
	name string
	f32  func(y []float32, ldy int, w, x []float32, rows, cols, k int, next []float32)
	bf16 func(y []float32, ldy int, w []uint16, x []float32, rows, cols, k int, next []uint16)
	// int8 sums exactly, because quantisation keeps |w·x| below 2^31, then multiplies
	// with ws, the scale of each row, and xs, the scale of each column.
	int8 func(y []float32, ldy int, w []int8, x []int16, ws, xs []float32, rows, cols, k int, next []int8)
	// stepK divides every k that f32, bf16 and int8 take; others go to portable.
	stepK int
	// scores writes dst[i·ld+j] = query i · key j for n queries [n × dim] and chunk
	// keys, transposed and ldk apart, and then as many more keys if more is not nil.
	scores func(dst []float32, ld int, q, k, more []float32, ldk, n, dim int)
	// mix adds to dst [n × dim] the sum of w[i·ld+j]·v[j] over rows of v.
	mix func(dst, w []float32, ld int, v []float32, n, dim, rows int)
	// peak is the largest element.
	peak func(x []float32) float32
	// expSum replaces x by exp(x-peak) and returns the sum.
	expSum func(x []float32, peak float32) float32
	// add adds y to x.
	add func(x, y []float32)
	// scale writes x·scale.
	scale func(dst, x []float32, scale float32)
	// scaleMul writes x·scale·w.
	scaleMul func(dst, x, w []float32, scale float32)
	// rotate turns the pairs i and i+dim/2 of each head of x by cosines, then sines.
	rotate func(x, table []float32, dim int)
	// siluMul writes silu(gate)·up.
	siluMul func(dst, gate, up []float32)
	// gelu replaces x by x/2·(1 + erf(x/√2)).
	gelu func(x []float32)
	// squares is the sum of squares.
	squares func(x []float32) float32
	// total is the sum, and spread the sum of the squares of x-mean, in doubles, because
	// the difference of large numbers would lose them.
	total  func(x []float32) float64
	spread func(x []float32, mean float64) float64
	// centre writes (x-mean)·inv·w and adds bias unless it is nil.
	centre func(dst, x, w, bias []float32, mean, inv float64)
	// absMax is the largest magnitude.
	absMax func(x []float32) float32
	// quantise rounds x·scale to integers, ties to even.
	quantise func(dst []int16, x []float32, scale float32)
	// step divides every length that the vectors above have; others go to portable.
	step int
}
