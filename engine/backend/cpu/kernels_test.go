package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// tables are the kernels that this processor can run.
func tables() []kernels {
	out := []kernels{portable()}
	return append(out, supported()...)
}

// suite runs a test over every table.
func suite(t *testing.T, f func(t *testing.T, k kernels)) {
	for _, k := range tables() {
		t.Run(k.name, func(t *testing.T) { f(t, k) })
	}
}

func randoms(r *rand.Rand, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(r.NormFloat64())
	}
	return out
}

func near(t *testing.T, what string, got, want, scale float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > 2e-6*scale+1e-6 {
		t.Errorf("%s: got %g, want %g", what, got, want)
	}
}

// widths cover whole cache lines, halves of them, and one vector.
var widths = []int{16, 32, 48, 96, 128, 144, 512}

func TestTiles(t *testing.T) {
	suite(t, func(t *testing.T, kern kernels) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, k := range widths {
			if k%kern.stepK != 0 {
				continue
			}
			for _, rows := range []int{1, 2, 3, 5, 6, 7, 12, 17} {
				for _, cols := range []int{1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 21} {
					w, x := randoms(r, rows*k), randoms(r, cols*k)
					ldy := rows + 3
					y := make([]float32, cols*ldy)
					kern.f32(y, ldy, w, x, rows, cols, k, nil)
					half := make([]uint16, len(w))
					rounded := make([]float32, len(w))
					small, wide := make([]int8, len(w)), make([]int16, len(x))
					for i, v := range w {
						half[i] = backend.BFloat16(v)
						rounded[i] = widen(half[i])
						small[i] = int8(max(-127, min(127, v*40)))
					}
					for i, v := range x {
						wide[i] = int16(v * 4000)
					}
					yb, yi := make([]float32, cols*ldy), make([]float32, cols*ldy)
					kern.bf16(yb, ldy, half, x, rows, cols, k, nil)
					kern.int8(yi, ldy, small, wide, ones(rows), ones(cols), rows, cols, k, nil)
					for c := range cols {
						for i := range rows {
							var f, b, scale float64
							var sum int64
							for j := range k {
								f += float64(w[i*k+j]) * float64(x[c*k+j])
								b += float64(rounded[i*k+j]) * float64(x[c*k+j])
								scale += math.Abs(float64(w[i*k+j]) * float64(x[c*k+j]))
								sum += int64(small[i*k+j]) * int64(wide[c*k+j])
							}
							at := fmt.Sprintf("%d × %d × %d at %d, %d", rows, cols, k, i, c)
							near(t, "f32 "+at, float64(y[c*ldy+i]), f, scale)
							near(t, "bf16 "+at, float64(yb[c*ldy+i]), b, scale)
							if yi[c*ldy+i] != float32(sum) {
								t.Errorf("int8 %s: got %g, want %d", at, yi[c*ldy+i], sum)
							}
						}
						for i := rows; i < ldy; i++ {
							if y[c*ldy+i] != 0 || yb[c*ldy+i] != 0 || yi[c*ldy+i] != 0 {
								t.Fatal("written outside the tile")
							}
						}
					}
				}
			}
		}
	})
}

// TestTilesAreInvariant checks that a product has the same bits in every batch.
func TestTilesAreInvariant(t *testing.T) {
	suite(t, func(t *testing.T, kern kernels) {
		r := rand.New(rand.NewPCG(3, 4))
		const rows, cols, k = 13, 29, 96
		w, x := randoms(r, rows*k), randoms(r, cols*k)
		half := make([]uint16, len(w))
		for i, v := range w {
			half[i] = backend.BFloat16(v)
		}
		all, halves := make([]float32, rows*cols), make([]float32, rows*cols)
		kern.f32(all, rows, w, x, rows, cols, k, nil)
		kern.bf16(halves, rows, half, x, rows, cols, k, nil)
		for c := range cols {
			for i := range rows {
				var one [1]float32
				kern.f32(one[:], 1, w[i*k:(i+1)*k], x[c*k:(c+1)*k], 1, 1, k, nil)
				if one[0] != all[c*rows+i] {
					t.Errorf("f32 at %d, %d: alone %g, in the batch %g", i, c, one[0], all[c*rows+i])
				}
				kern.bf16(one[:], 1, half[i*k:(i+1)*k], x[c*k:(c+1)*k], 1, 1, k, nil)
				if one[0] != halves[c*rows+i] {
					t.Errorf("bf16 at %d, %d: alone %g, in the batch %g", i, c, one[0], halves[c*rows+i])
				}
			}
		}
	})
}

func TestVectors(t *testing.T) {
	suite(t, func(t *testing.T, kern kernels) {
		r := rand.New(rand.NewPCG(5, 6))
		for _, n := range widths {
			x, y := randoms(r, n), randoms(r, n)
			var squares, peak float64
			for _, v := range x {
				squares += float64(v) * float64(v)
				peak = max(peak, math.Abs(float64(v)))
			}
			near(t, "squares", float64(kern.squares(x)), squares, squares)
			if got := kern.absMax(x); float64(got) != peak {
				t.Errorf("absMax: got %g, want %g", got, peak)
			}
			out := make([]float32, n)
			kern.siluMul(out, x, y)
			for i, v := range x {
				want := float64(v) / (1 + math.Exp(-float64(v))) * float64(y[i])
				near(t, "siluMul", float64(out[i]), want, math.Abs(want))
			}
			curved := append(append([]float32(nil), x...), -9, -5, -3, -1e-6, 0, 1e-6, 3, 30)
			curved = append(curved, curved[:8]...)
			for i, v := range curved {
				curved[i] = 3 * v
			}
			before := append([]float32(nil), curved...)
			kern.gelu(curved)
			for i, v := range before {
				want := 0.5 * float64(v) * math.Erfc(-float64(v)/math.Sqrt2)
				near(t, fmt.Sprintf("gelu(%g)", v), float64(curved[i]), want, math.Abs(want))
			}
			var sum64, spread64 float64
			far := make([]float32, n) // where float32 sums would lose the differences
			for i, v := range x {
				far[i] = 1000 + v
				sum64 += float64(far[i])
			}
			mean := sum64 / float64(n)
			for _, v := range far {
				spread64 += (float64(v) - mean) * (float64(v) - mean)
			}
			near(t, "total", kern.total(far), sum64, 0)
			near(t, "spread", kern.spread(far, mean), spread64, 0)
			for _, bias := range [][]float32{y, nil} {
				kern.centre(out, far, x, bias, mean, 0.5)
				for i, v := range far {
					want := (float64(v) - mean) * 0.5 * float64(x[i])
					if bias != nil {
						want += float64(bias[i])
					}
					near(t, "centre", float64(out[i]), want, 3)
				}
			}
			ints := make([]int16, n)
			kern.quantise(ints, x, 1000)
			for i, v := range x {
				if want := int16(math.RoundToEven(float64(v * 1000))); ints[i] != want {
					t.Errorf("quantise: got %d, want %d", ints[i], want)
				}
			}
			e := append([]float32(nil), x...)
			e[n-1] = float32(math.Inf(-1))
			sum, want := float64(kern.expSum(e, 2)), 0.0
			for i, v := range x[:n-1] {
				near(t, "exp", float64(e[i]), math.Exp(float64(v)-2), math.Exp(float64(v)-2))
				want += math.Exp(float64(v) - 2)
			}
			near(t, "expSum", sum, want, want)
			if e[n-1] > 1e-37 {
				t.Errorf("exp(-Inf) is %g", e[n-1])
			}
			sum32 := append([]float32(nil), x...)
			kern.add(sum32, y)
			tripled := make([]float32, n)
			kern.scale(tripled, x, 3)
			scaled := make([]float32, n)
			kern.scaleMul(scaled, x, y, 3)
			largest := x[0]
			for i, v := range x {
				if sum32[i] != v+y[i] {
					t.Errorf("add: got %g, want %g", sum32[i], v+y[i])
				}
				if tripled[i] != v*3 {
					t.Errorf("scale: got %g, want %g", tripled[i], v*3)
				}
				near(t, "scaleMul", float64(scaled[i]), float64(v)*3*float64(y[i]), math.Abs(float64(scaled[i])))
				largest = max(largest, v)
			}
			if got := kern.peak(x); got != largest {
				t.Errorf("peak: got %g, want %g", got, largest)
			}
			turned := append(append([]float32(nil), x...), y...)
			kern.rotate(turned, e, n)
			for h, head := range [][]float32{x, y} {
				for i := range n / 2 {
					cos, sin, u, v := float64(e[i]), float64(e[n/2+i]), float64(head[i]), float64(head[n/2+i])
					near(t, "rotate", float64(turned[h*n+i]), u*cos-v*sin, 10)
					near(t, "rotate", float64(turned[h*n+n/2+i]), v*cos+u*sin, 10)
				}
			}
		}
	})
}

// TestAttentionKernels checks every number of queries against float64, and that
// the number of queries changes no bit.
func TestAttentionKernels(t *testing.T) {
	suite(t, func(t *testing.T, kern kernels) {
		r := rand.New(rand.NewPCG(11, 12))
		const positions, ld, ldk = 2 * chunk, 48, 48
		for _, dim := range []int{16, 64, 80} {
			q, k, v := randoms(r, tileQueries*dim), randoms(r, dim*ldk), randoms(r, positions*dim)
			weights, start := randoms(r, tileQueries*ld), randoms(r, tileQueries*dim)
			for n := 1; n <= tileQueries; n++ {
				s, m := make([]float32, tileQueries*ld), append([]float32(nil), start...)
				kern.scores(s, ld, q, k, k[chunk:], ldk, n, dim)
				kern.mix(m, weights, ld, v, n, dim, 13)
				for i := range n {
					alone := make([]float32, positions)
					kern.scores(alone, positions, q[i*dim:], k, nil, ldk, 1, dim)
					kern.scores(alone[chunk:], positions, q[i*dim:], k[chunk:], nil, ldk, 1, dim)
					mixed := append([]float32(nil), start[i*dim:(i+1)*dim]...)
					kern.mix(mixed, weights[i*ld:], ld, v, 1, dim, 13)
					for j := range positions {
						want, scale := 0.0, 0.0
						for d := range dim {
							p := float64(q[i*dim+d]) * float64(k[d*ldk+j])
							want, scale = want+p, scale+math.Abs(p)
						}
						near(t, "scores", float64(s[i*ld+j]), want, scale)
						if s[i*ld+j] != alone[j] {
							t.Fatalf("scores of query %d of %d: %g, alone %g", i, n, s[i*ld+j], alone[j])
						}
					}
					for d := range dim {
						want, scale := float64(start[i*dim+d]), 0.0
						for j := range 13 {
							p := float64(weights[i*ld+j]) * float64(v[j*dim+d])
							want, scale = want+p, scale+math.Abs(p)
						}
						near(t, "mix", float64(m[i*dim+d]), want, scale)
						if m[i*dim+d] != mixed[d] {
							t.Fatalf("mix of query %d of %d: %g, alone %g", i, n, m[i*dim+d], mixed[d])
						}
					}
				}
				for i, x := range m[n*dim:] {
					if x != start[n*dim+i] {
						t.Fatal("mix wrote beyond its queries")
					}
				}
			}
		}
	})
}

func BenchmarkMatMul(b *testing.B) {
	for _, kern := range tables() {
		for _, format := range []backend.Format{backend.F32, backend.BF16, backend.Int8} {
			for _, rows := range []int{1, 8, 128} {
				b.Run(fmt.Sprintf("%s/%s/rows=%d", kern.name, format, rows), func(b *testing.B) {
					be := newWith(2, kern)
					defer func() { _ = be.Close() }()
					const n, k = 4096, 1024
					r := rand.New(rand.NewPCG(7, 8))
					t := backend.Tensor{Name: "w", DType: backend.StoredF32, Rows: n, Cols: k, Data: backend.EncodeValues(randoms(r, n*k), backend.StoredF32)}
					w, err := be.Matrix(t, format)
					if err != nil {
						b.Fatal(err)
					}
					x, y := randoms(r, rows*k), make([]float32, rows*n)
					for b.Loop() {
						be.MatMul(y, x, rows, w)
					}
					seconds := b.Elapsed().Seconds() / float64(b.N)
					b.ReportMetric(float64(w.Bytes())/seconds/1e9, "GB/s")
					b.ReportMetric(float64(rows*n*k)/seconds/1e9, "GMAC/s")
				})
			}
		}
	}
}

func ones(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = 1
	}
	return out
}

// BenchmarkAttend is one layer's attention of a prompt, of a chunk at the end of a
// long one, and of one token after it.
func BenchmarkAttend(b *testing.B) {
	for _, kern := range tables() {
		for _, c := range []struct{ rows, pos int }{{128, 0}, {16, 4080}, {1, 4095}, {1, 160}} {
			b.Run(fmt.Sprintf("%s/rows=%d/pos=%d", kern.name, c.rows, c.pos), func(b *testing.B) {
				be := newWith(1, kern)
				defer func() { _ = be.Close() }()
				h := backend.Heads{Query: 8, KV: 4, Dim: 64, Scale: 0.125}
				const size = 16
				table := make([]int32, (c.pos+c.rows+size-1)/size)
				for i := range table {
					table[i] = int32(i)
				}
				kv, err := be.NewKV(backend.KVShape{Layers: 1, Heads: h.KV, HeadDim: h.Dim, Blocks: len(table), BlockSize: size})
				if err != nil {
					b.Fatal(err)
				}
				at := make([]backend.Position, c.rows)
				pairs := 0
				for i := range at {
					at[i] = backend.Position{Table: table, Pos: c.pos + i}
					pairs += c.pos + i + 1
				}
				src := randoms(rand.New(rand.NewPCG(9, 10)), c.rows*(h.Query+2*h.KV)*h.Dim)
				dst := make([]float32, c.rows*h.Query*h.Dim)
				for b.Loop() {
					be.Attend(dst, src, kv, 0, at, h)
				}
				b.ReportMetric(float64(2*pairs*h.Query*h.Dim)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
			})
		}
	}
}

// BenchmarkElementwise is what a step does besides products and attention, a row
// of 1,536 at a time.
func BenchmarkElementwise(b *testing.B) {
	const n = 1536
	for _, kern := range tables() {
		be := newWith(1, kern)
		r := rand.New(rand.NewPCG(13, 14))
		x, w, dst := randoms(r, n), randoms(r, n), make([]float32, 2*n)
		for _, c := range []struct {
			name string
			f    func()
		}{
			{"gelu", func() { copy(dst, x); be.GELU(dst[:n]) }},
			{"silu", func() { be.SiLUMul(dst[:n/2], x, 1, n/2) }},
			{"layerNorm", func() { be.LayerNorm(dst[:n], x, w, w, 1, 1e-5) }},
			{"rmsNorm", func() { be.RMSNorm(dst[:n], x, w, 1, 1e-5) }},
		} {
			b.Run(kern.name+"/"+c.name, func(b *testing.B) {
				for b.Loop() {
					c.f()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
			})
		}
		if err := be.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
