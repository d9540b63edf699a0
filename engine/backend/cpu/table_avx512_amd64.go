package cpu

//go:generate go -C asm run ./avx512 -out ../avx512_amd64.s -stubs ../avx512_amd64.go -pkg cpu

// avx512 are the AVX2 kernels with the products and the attention of avx512_amd64.s.
func avx512() kernels {
	k := avx2()
	k.name, k.stepK = "avx512", 32
	k.f32 = func(y []float32, ldy int, w, x []float32, rows, cols, k int) {
		shapes := shapes[product[float32]]{
			stream: [...]product[float32]{streamF321, streamF322, streamF323, streamF324, streamF325, streamF326, streamF327, streamF328},
			cached: [...]product[float32]{productF321, productF322, productF323, productF324, productF325, productF326},
		}
		shapes.each(cols, func(c int, f product[float32]) { f(&y[c*ldy], ldy, &w[0], &x[c*k], rows, k) })
	}
	k.bf16 = func(y []float32, ldy int, w []uint16, x []float32, rows, cols, k int) {
		shapes := shapes[product[uint16]]{
			stream: [...]product[uint16]{streamBF161, streamBF162, streamBF163, streamBF164, streamBF165, streamBF166, streamBF167, streamBF168},
			cached: [...]product[uint16]{productBF161, productBF162, productBF163, productBF164, productBF165, productBF166},
		}
		shapes.each(cols, func(c int, f product[uint16]) { f(&y[c*ldy], ldy, &w[0], &x[c*k], rows, k) })
	}
	k.int8 = func(y []float32, ldy int, w []int8, x []int16, ws, xs []float32, rows, cols, k int) {
		shapes := shapes[productInt8]{
			stream: [...]productInt8{streamInt81, streamInt82, streamInt83, streamInt84, streamInt85, streamInt86, streamInt87, streamInt88},
			cached: [...]productInt8{productInt81, productInt82, productInt83, productInt84, productInt85, productInt86},
		}
		shapes.each(cols, func(c int, f productInt8) { f(&y[c*ldy], ldy, &w[0], &x[c*k], &ws[0], &xs[c], rows, k) })
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
	productInt8    func(y *float32, ldy int, w *int8, x *int16, ws, xs *float32, rows, k int)
)

// shapes are the products of one number format, by the number of columns.
type shapes[F any] struct {
	stream [8]F // for weights that come from memory
	cached [6]F // for weights that an earlier product has read
}

// each cuts cols into runs: the first reads the weights from memory, the others
// are as even as possible. Each run is one assembly call of a few microseconds.
func (s *shapes[F]) each(cols int, f func(from int, product F)) {
	first := min(cols, len(s.stream))
	f(0, s.stream[first-1])
	for c, runs := first, (cols-first+len(s.cached)-1)/len(s.cached); runs > 0; runs-- {
		n := (cols - c + runs - 1) / runs
		f(c, s.cached[n-1])
		c += n
	}
}
