package cpu

import "unsafe"

//go:generate go -C asm run ./avx512 -out ../avx512_amd64.s -stubs ../avx512_amd64.go -pkg cpu

// avx512 are the AVX2 kernels with the products, attention and exponentials of
// avx512_amd64.s.
func avx512() kernels {
	k := avx2()
	k.name, k.stepK = "avx512", 32
	k.f32 = func(y []float32, ldy int, w, x []float32, rows, cols, k int, next []float32) {
		stream := [...]product[float32]{streamF321, streamF322, streamF323, streamF324, streamF325, streamF326, streamF327, streamF328}
		c := lead(cols)
		stream[c-1](&y[0], ldy, &w[0], &x[0], rows, k)
		for f := fetching(w, next, rows, k, 16); c < cols; c += six {
			at, hop := f.lines()
			productF32(&y[c*ldy], ldy, &w[0], &x[c*k], rows, k, at, hop)
		}
	}
	k.bf16 = func(y []float32, ldy int, w []uint16, x []float32, rows, cols, k int, next []uint16) {
		stream := [...]product[uint16]{streamBF161, streamBF162, streamBF163, streamBF164, streamBF165, streamBF166, streamBF167, streamBF168}
		c := lead(cols)
		stream[c-1](&y[0], ldy, &w[0], &x[0], rows, k)
		for f := fetching(w, next, rows, k, 16); c < cols; c += six {
			at, hop := f.lines()
			productBF16(&y[c*ldy], ldy, &w[0], &x[c*k], rows, k, at, hop)
		}
	}
	k.int8 = func(y []float32, ldy int, w []int8, x []int16, ws, xs []float32, rows, cols, k int, next []int8) {
		stream := [...]scaled{streamInt81, streamInt82, streamInt83, streamInt84, streamInt85, streamInt86, streamInt87, streamInt88}
		c := lead(cols)
		stream[c-1](&y[0], ldy, &w[0], &x[0], &ws[0], &xs[0], rows, k)
		for f := fetching(w, next, rows, k, 32); c < cols; c += six {
			at, hop := f.lines()
			productInt8(&y[c*ldy], ldy, &w[0], &x[c*k], &ws[0], &xs[c], rows, k, at, hop)
		}
	}
	k.scores = func(dst []float32, ld int, q, k, more []float32, ldk, n, dim int) {
		queries(n, 8, func(i, m int) {
			if more != nil {
				f := [...]doubleScoring{1: scoresAVX5121x2, 2: scoresAVX5122x2, 4: scoresAVX5124x2, 8: scoresAVX5128x2}[m]
				f(&dst[i*ld], ld, &q[i*dim], &k[0], &more[0], ldk, dim)
				return
			}
			f := [...]scoring{1: scoresAVX5121, 2: scoresAVX5122, 4: scoresAVX5124, 8: scoresAVX5128}[m]
			f(&dst[i*ld], ld, &q[i*dim], &k[0], ldk, dim)
		})
	}
	k.mix = func(dst, w []float32, ld int, v []float32, n, dim, rows int) {
		queries(n, 8, func(i, m int) {
			f := [...]mixing{1: mixAVX5121, 2: mixAVX5122, 4: mixAVX5124, 8: mixAVX5128}[m]
			f(&dst[i*dim], &w[i*ld], ld, &v[0], rows, dim)
		})
	}
	k.expSum = func(x []float32, peak float32) float32 { return expSumAVX512(&x[0], peak, len(x)) }
	k.siluMul = func(dst, gate, up []float32) { siluMulAVX512(&dst[0], &gate[0], &up[0], len(dst)) }
	return k
}

// product multiplies rows of weights that come from memory with a number of
// columns of activations.
type (
	product[W any] func(y *float32, ldy int, w *W, x *float32, rows, k int)
	scaled         func(y *float32, ldy int, w *int8, x *int16, ws, xs *float32, rows, k int)
)

// doubleScoring is scoring for two chunks of keys.
type doubleScoring func(dst *float32, ld int, q, k, more *float32, ldk, dim int)

// six is how many columns a product of cached weights takes. Each is one assembly
// call of a few microseconds.
const six = 6

// lead is the number of the first columns, which read the weights: as few as whole
// sixes leave, of at most eight.
func lead(cols int) int {
	if cols <= 8 {
		return cols
	}
	return (cols-1)%six + 1
}

// hop is how many bytes a fetch goes on with each vector of four rows: a quarter
// of what is multiplied in f32, so that few lines are on their way at a time and
// all have come long before the last column of a prompt.
const hop = 16

// fetch walks over the weights of the next part, so many with each product.
type fetch[W any] struct {
	here *W
	next []W
	step int
}

// fetching is a fetch during products of w, in vectors of lanes.
func fetching[W any](w, next []W, rows, k, lanes int) fetch[W] {
	vectors := (rows/4 + rows%4) * (k / lanes)
	return fetch[W]{&w[0], next, vectors * hop / int(unsafe.Sizeof(w[0]))}
}

// lines is where the next product begins to fetch, and in which steps: none once
// all is fetched.
func (f *fetch[W]) lines() (from *W, step int) {
	if len(f.next) == 0 {
		return f.here, 0
	}
	from = &f.next[0]
	f.next = f.next[min(f.step, len(f.next)):]
	return from, hop
}
