package cpu

import "unsafe"

//go:generate go -C asm run ./avx2 -out ../avx2_amd64.s -stubs ../avx2_amd64.go -pkg cpu

// avx2 are the kernels of avx2_amd64.s, which the asm module generates.
func avx2() kernels {
	f32 := tiles[float32, float32]{
		4, 4, [5]tile[float32, float32]{1: tile3x1F32, 2: tile3x2F32, 3: tile3x3F32, 4: tile3x4F32},
		[5]tile[float32, float32]{1: tile1x1F32, 2: tile1x2F32, 3: tile1x3F32, 4: tile1x4F32},
	}
	bf16 := tiles[uint16, float32]{
		2, 4, [5]tile[uint16, float32]{1: tile3x1BF16, 2: tile3x2BF16, 3: tile3x3BF16, 4: tile3x4BF16},
		[5]tile[uint16, float32]{1: tile1x1BF16, 2: tile1x2BF16, 3: tile1x3BF16, 4: tile1x4BF16},
	}
	int8s := tiles[int8, int16]{
		1, 2, [5]tile[int8, int16]{1: tile3x1Int8, 2: tile3x2Int8, 3: tile3x3Int8, 4: tile3x4Int8},
		[5]tile[int8, int16]{1: tile1x1Int8, 2: tile1x2Int8, 3: tile1x3Int8, 4: tile1x4Int8},
	}
	return kernels{
		name: "avx2",
		f32:  f32.multiply, bf16: bf16.multiply,
		int8: func(y []float32, ldy int, w []int8, x []int16, ws, xs []float32, rows, cols, k int, next []int8) {
			int8s.multiply(y, ldy, w, x, rows, cols, k, next)
			for c := range cols {
				row := y[c*ldy : c*ldy+rows]
				for r := range row {
					row[r] = row[r] * ws[r] * xs[c]
				}
			}
		},
		scores: func(dst []float32, ld int, q, k, more []float32, ldk, n, dim int) {
			queries(n, 4, func(i, m int) {
				f := [...]scoring{1: scoresAVX21, 2: scoresAVX22, 4: scoresAVX24}[m]
				f(&dst[i*ld], ld, &q[i*dim], &k[0], ldk, dim)
				if more != nil {
					f(&dst[i*ld+chunk], ld, &q[i*dim], &more[0], ldk, dim)
				}
			})
		},
		mix: func(dst, w []float32, ld int, v []float32, n, dim, rows int) {
			queries(n, 4, func(i, m int) {
				f := [...]mixing{1: mixAVX21, 2: mixAVX22, 4: mixAVX24}[m]
				f(&dst[i*dim], &w[i*ld], ld, &v[0], rows, dim)
			})
		},
		peak:     func(x []float32) float32 { return peakAVX2(&x[0], len(x)) },
		add:      func(x, y []float32) { addAVX2(&x[0], &y[0], len(x)) },
		scale:    func(dst, x []float32, scale float32) { scaleAVX2(&dst[0], &x[0], scale, len(x)) },
		scaleMul: func(dst, x, w []float32, scale float32) { scaleMulAVX2(&dst[0], &x[0], &w[0], scale, len(w)) },
		rotate:   func(x, table []float32, dim int) { rotateAVX2(&x[0], &table[0], len(x)/dim, dim) },
		expSum:   func(x []float32, peak float32) float32 { return expSumAVX2(&x[0], peak, len(x)) },
		siluMul:  func(dst, gate, up []float32) { siluMulAVX2(&dst[0], &gate[0], &up[0], len(dst)) },
		gelu:     func(x []float32) { geluAVX2(&x[0], len(x)) },
		squares:  func(x []float32) float32 { return squaresAVX2(&x[0], len(x)) },
		total:    func(x []float32) float64 { return totalAVX2(&x[0], len(x)) },
		spread:   func(x []float32, mean float64) float64 { return spreadAVX2(&x[0], mean, len(x)) },
		centre: func(dst, x, w, bias []float32, mean, inv float64) {
			centreAVX2(&dst[0], &x[0], &w[0], unsafe.SliceData(bias), mean, inv, len(x))
		},
		absMax:   func(x []float32) float32 { return absMaxAVX2(&x[0], len(x)) },
		quantise: func(dst []int16, x []float32, scale float32) { quantiseAVX2(&dst[0], &x[0], scale, len(x)) },
		step:     16,
		stepK:    16,
	}
}

// tile multiplies a few rows of weights with a few columns of activations; strides are in bytes.
type tile[W, X any] func(w *W, ldw int, x *X, ldx int, y *float32, ldy int, k int)

// tiles are the shapes of one number format.
type tiles[W, X any] struct {
	weight, input int           // bytes of one element
	three, one    [5]tile[W, X] // by the number of columns
}

// multiply covers rows × cols with tiles, one call each: an assembly call cannot
// be preempted, so each is kept in microseconds. The first columns take row after
// row, because weights that come from memory arrive almost twice as fast when the
// processor sees one rising sequence of addresses.
func (t *tiles[W, X]) multiply(y []float32, ldy int, w []W, x []X, rows, cols, k int, _ []W) {
	for c := 0; c < cols; c += 4 {
		n := min(4, cols-c)
		in := &x[c*k]
		r := 0
		for ; c > 0 && r+3 <= rows; r += 3 {
			t.three[n](&w[r*k], k*t.weight, in, k*t.input, &y[c*ldy+r], 4*ldy, k)
		}
		for ; r < rows; r++ {
			t.one[n](&w[r*k], k*t.weight, in, k*t.input, &y[c*ldy+r], 4*ldy, k)
		}
	}
}

// scoring and mixing are the kernels of attention for a number of queries.
type (
	scoring func(dst *float32, ld int, q, k *float32, ldk, dim int)
	mixing  func(dst, w *float32, ld int, v *float32, rows, dim int)
)

// queries cuts n into runs of powers of two, the largest first.
func queries(n, largest int, f func(from, n int)) {
	for i := 0; i < n; {
		for largest > n-i {
			largest /= 2
		}
		f(i, largest)
		i += largest
	}
}
