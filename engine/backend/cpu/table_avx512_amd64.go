package cpu

//go:generate go -C asm run ./avx512 -out ../avx512_amd64.s -stubs ../avx512_amd64.go -pkg cpu

// avx512 are the AVX2 kernels with the products and the attention of avx512_amd64.s.
func avx512() kernels {
	k := avx2()
	k.name, k.stepK = "avx512", 32
	k.f32 = func(y []float32, ldy int, w, x []float32, rows, cols, k int) {
		shapes := shapes[product[float32]]{
			stream: [...]product[float32]{streamF321, streamF322, streamF323, streamF324, streamF325, streamF326, streamF327, streamF328},
			cached: productF32,
		}
		shapes.each(cols, func(c int, f product[float32]) { f(&y[c*ldy], ldy, &w[0], &x[c*k], rows, k) })
	}
	k.bf16 = func(y []float32, ldy int, w []uint16, x []float32, rows, cols, k int) {
		shapes := shapes[product[uint16]]{
			stream: [...]product[uint16]{streamBF161, streamBF162, streamBF163, streamBF164, streamBF165, streamBF166, streamBF167, streamBF168},
			cached: productBF16,
		}
		shapes.each(cols, func(c int, f product[uint16]) { f(&y[c*ldy], ldy, &w[0], &x[c*k], rows, k) })
	}
	k.int8 = func(y []float32, ldy int, w []int8, x []int16, ws, xs []float32, rows, cols, k int) {
		shapes := shapes[scaled]{
			stream: [...]scaled{streamInt81, streamInt82, streamInt83, streamInt84, streamInt85, streamInt86, streamInt87, streamInt88},
			cached: productInt8,
		}
		shapes.each(cols, func(c int, f scaled) { f(&y[c*ldy], ldy, &w[0], &x[c*k], &ws[0], &xs[c], rows, k) })
	}
	k.scores = func(dst []float32, ld int, q, k []float32, ldk, n, dim int) {
		queries(n, 8, func(i, m int) {
			f := [...]scoring{1: scoresAVX5121, 2: scoresAVX5122, 4: scoresAVX5124, 8: scoresAVX5128}[m]
			f(&dst[i*ld], ld, &q[i], &k[0], ldk, dim)
		})
	}
	k.mix = func(dst, w []float32, ld int, v []float32, n, dim, rows int) {
		queries(n, 8, func(i, m int) {
			f := [...]mixing{1: mixAVX5121, 2: mixAVX5122, 4: mixAVX5124, 8: mixAVX5128}[m]
			f(&dst[i*dim], &w[i*ld], ld, &v[0], rows, dim)
		})
	}
	return k
}

// product multiplies rows of weights with a number of columns of activations.
type (
	product[W any] func(y *float32, ldy int, w *W, x *float32, rows, k int)
	scaled         func(y *float32, ldy int, w *int8, x *int16, ws, xs *float32, rows, k int)
)

// shapes are the products of one number format.
type shapes[F any] struct {
	stream [8]F // for weights that come from memory, by the number of columns
	cached F    // of six columns, for weights that an earlier product has read
}

// each cuts cols into runs: the first reads the weights from memory and is as
// short as whole sixes leave it. Each run is one assembly call of a few
// microseconds.
func (s *shapes[F]) each(cols int, f func(from int, product F)) {
	const six = 6
	first := cols
	if cols > len(s.stream) {
		first = (cols-1)%six + 1
	}
	f(0, s.stream[first-1])
	for c := first; c < cols; c += six {
		f(c, s.cached)
	}
}
