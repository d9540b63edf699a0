package cpu

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// everyBackend draws a table and runs a property on it with two threads.
func everyBackend(t *testing.T, property func(t *rapid.T, b *Backend, r *rand.Rand)) {
	rapid.Check(t, func(t *rapid.T) {
		b := newWith(2, tables()[rapid.IntRange(0, len(tables())-1).Draw(t, "table")])
		defer func() { _ = b.Close() }()
		property(t, b, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)))
	})
}

// size draws lengths that vectors divide as well as odd ones.
func size(t *rapid.T, name string, most int) int {
	n := rapid.IntRange(1, most).Draw(t, name)
	if rapid.Bool().Draw(t, name+" even") {
		n = (n + 31) / 32 * 32
	}
	return n
}

// TestMatMulProperties checks products of any size and format against float64,
// and that a row of the batch has the same bits alone.
func TestMatMulProperties(t *testing.T) {
	everyBackend(t, func(t *rapid.T, b *Backend, r *rand.Rand) {
		rows, k := rapid.IntRange(1, 20).Draw(t, "rows"), size(t, "k", 100)
		format := rapid.SampledFrom([]backend.Format{backend.F32, backend.BF16, backend.Int8}).Draw(t, "format")
		x := randoms(r, rows*k)
		var ws []backend.Matrix
		var exact [][]float32
		width := 0
		for range rapid.IntRange(1, 3).Draw(t, "matrices") {
			n := size(t, "n", 60)
			values := randoms(r, n*k)
			w, err := b.Matrix(backend.Tensor{DType: backend.StoredF32, Rows: n, Cols: k, Data: backend.EncodeValues(values, backend.StoredF32)}, format)
			if err != nil {
				t.Fatal(err)
			}
			ws, exact, width = append(ws, w), append(exact, values), width+n
		}
		y := make([]float32, rows*width)
		b.MatMul(y, x, rows, ws...)
		for i := range rows {
			alone := make([]float32, width)
			b.MatMul(alone, x[i*k:(i+1)*k], 1, ws...)
			column := 0
			for _, w := range exact {
				for j := range len(w) / k {
					var want, products, inputs, peak float64
					for d := range k {
						p := float64(x[i*k+d]) * float64(w[j*k+d])
						want, products = want+p, products+math.Abs(p)
						inputs, peak = inputs+math.Abs(float64(x[i*k+d])), max(peak, math.Abs(float64(w[j*k+d])))
					}
					tolerance := 1e-6 + 1e-6*products
					switch format {
					case backend.BF16:
						tolerance += products / 256
					case backend.Int8: // half a step of the weights, and much less of the activations
						tolerance += 1.01 * inputs * peak / 254
					}
					got := y[i*width+column]
					if math.Abs(float64(got)-want) > tolerance {
						t.Fatalf("%s at %d, %d: got %g, want %g", format, i, column, got, want)
					}
					if got != alone[column] {
						t.Fatalf("%s at %d, %d: %g in the batch, %g alone", format, i, column, got, alone[column])
					}
					column++
				}
			}
		}
	})
}

// attendReference is one query's attention in float64: keys and values of the
// positions from first to pos, of one head.
func attendReference(query []float32, keys, values [][]float32, first, pos int, scale, slope float64) []float64 {
	weights := make([]float64, pos+1)
	peak := math.Inf(-1)
	for j := first; j <= pos; j++ {
		for d, v := range query {
			weights[j] += float64(v) * float64(keys[j][d])
		}
		weights[j] = weights[j]*scale + slope*float64(j-pos)
		peak = max(peak, weights[j])
	}
	out := make([]float64, len(query))
	sum := 0.0
	for j := first; j <= pos; j++ {
		w := math.Exp(weights[j] - peak)
		sum += w
		for d := range out {
			out[d] += w * float64(values[j][d])
		}
	}
	for d := range out {
		out[d] /= sum
	}
	return out
}

// TestAttendProperties checks attention of a sequence that comes in chunks, for
// any shape of heads, block and window, against float64; and that chunks of other
// sizes, another block size and other rows in the step change no bit.
func TestAttendProperties(t *testing.T) {
	everyBackend(t, func(t *rapid.T, b *Backend, r *rand.Rand) {
		h := backend.Heads{KV: rapid.IntRange(1, 3).Draw(t, "kv"), Dim: 2 * rapid.SampledFrom([]int{1, 5, 8, 16, 24}).Draw(t, "dim/2")}
		h.Query = h.KV * rapid.IntRange(1, 10).Draw(t, "group")
		h.Scale = float32(1 / math.Sqrt(float64(h.Dim)))
		h.Window = rapid.SampledFrom([]int{0, 1, 7, 40}).Draw(t, "window")
		if rapid.Bool().Draw(t, "alibi") {
			for q := range h.Query {
				h.Slopes = append(h.Slopes, float32(math.Pow(2, -float64(q))))
			}
		}
		n := rapid.IntRange(1, 70).Draw(t, "positions")
		width := (h.Query + 2*h.KV) * h.Dim
		src := randoms(r, n*width)
		run := func(block int, chunk func() int) []float32 {
			blocks := (n + block - 1) / block
			kv, err := b.NewKV(backend.KVShape{Layers: 1, Heads: h.KV, HeadDim: h.Dim, Blocks: blocks, BlockSize: block})
			if err != nil {
				t.Fatal(err)
			}
			table := make([]int32, blocks)
			for i, p := range r.Perm(blocks) {
				table[i] = int32(p)
			}
			dst := make([]float32, n*h.Query*h.Dim)
			for from := 0; from < n; {
				to := min(n, from+chunk())
				var at []backend.Position
				for p := from; p < to; p++ {
					at = append(at, backend.Position{Table: table, Pos: p})
				}
				b.Attend(dst[from*h.Query*h.Dim:], src[from*width:to*width], kv, 0, at, h)
				from = to
			}
			return dst
		}
		whole := run(16, func() int { return n })
		parts := run(rapid.SampledFrom([]int{1, 3, 8, 16, 24, 32}).Draw(t, "block"), func() int { return 1 + r.IntN(9) })
		for g := range h.KV {
			var keys, values [][]float32
			for p := range n {
				keys = append(keys, src[p*width+(h.Query+g)*h.Dim:][:h.Dim])
				values = append(values, src[p*width+(h.Query+h.KV+g)*h.Dim:][:h.Dim])
			}
			for p := range n {
				for q := g * h.Query / h.KV; q < (g+1)*h.Query/h.KV; q++ {
					first := 0
					if h.Window > 0 {
						first = max(0, p+1-h.Window)
					}
					want := attendReference(src[p*width+q*h.Dim:][:h.Dim], keys, values, first, p, float64(h.Scale), float64(slope(h, q)))
					for d, w := range want {
						i := (p*h.Query+q)*h.Dim + d
						if math.Abs(float64(whole[i])-w) > 1e-5 {
							t.Fatalf("position %d, head %d, dimension %d: got %g, want %g", p, q, d, whole[i], w)
						}
						if whole[i] != parts[i] {
							t.Fatalf("position %d, head %d, dimension %d: %g at once, %g in chunks", p, q, d, whole[i], parts[i])
						}
					}
				}
			}
		}
	})
}

// TestAttendAll checks that every row of a span sees the whole span and no other.
func TestAttendAll(t *testing.T) {
	everyBackend(t, func(t *rapid.T, b *Backend, r *rand.Rand) {
		h := backend.Heads{Query: 4, KV: 2, Dim: 32, Scale: 0.2}
		spans := rapid.SliceOfN(rapid.IntRange(1, 40), 1, 4).Draw(t, "spans")
		rows := 0
		for _, n := range spans {
			rows += n
		}
		width := (h.Query + 2*h.KV) * h.Dim
		src, dst := randoms(r, rows*width), make([]float32, rows*h.Query*h.Dim)
		b.AttendAll(dst, src, spans, h)
		from := 0
		for _, n := range spans {
			for q := range h.Query {
				g := q / 2
				var keys, values [][]float32
				for p := from; p < from+n; p++ {
					keys = append(keys, src[p*width+(h.Query+g)*h.Dim:][:h.Dim])
					values = append(values, src[p*width+(h.Query+h.KV+g)*h.Dim:][:h.Dim])
				}
				for p := from; p < from+n; p++ {
					want := attendReference(src[p*width+q*h.Dim:][:h.Dim], keys, values, 0, n-1, float64(h.Scale), 0)
					for d, w := range want {
						if got := dst[(p*h.Query+q)*h.Dim+d]; math.Abs(float64(got)-w) > 1e-5 {
							t.Fatalf("row %d, head %d, dimension %d: got %g, want %g", p, q, d, got, w)
						}
					}
				}
			}
			from += n
		}
	})
}

// TestGELUIsInvariant checks that an element has the same bits wherever it stands.
func TestGELUIsInvariant(t *testing.T) {
	everyBackend(t, func(t *rapid.T, b *Backend, r *rand.Rand) {
		x := randoms(r, rapid.IntRange(1, 3000).Draw(t, "n"))
		all := append([]float32(nil), x...)
		b.GELU(all)
		for i, v := range x {
			alone := []float32{v}
			if b.GELU(alone); alone[0] != all[i] {
				t.Fatalf("GELU(%g) at %d of %d: %g, alone %g", v, i, len(x), all[i], alone[0])
			}
		}
	})
}
