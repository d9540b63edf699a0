package cpu

import "github.com/inference-iac/terraform-provider-inference/engine/backend"

// part is a run of rows of one matrix that one worker multiplies at a time.
type part struct {
	m        *matrix
	from, to int
	column   int // of dst where row 0 of the matrix goes
}

// blockBytes of weights stay in the second-level cache while all rows of the
// batch pass over them.
const blockBytes = 96 << 10

// MatMul implements backend.Backend.
func (b *Backend) MatMul(dst, x []float32, rows int, ws ...backend.Matrix) {
	parts, width, cols, work := b.plan(rows, ws)
	b.quantiseActivations(x, rows, cols, ws)
	run := func(_, i int) {
		p := parts[i]
		b.multiply(dst[p.column+p.from:], width, x, rows, p)
	}
	if work < minWork {
		for i := range parts {
			run(0, i)
		}
		return
	}
	b.pool.each(len(parts), run)
}

// plan cuts the matrices into parts and says how wide a row of the result is.
func (b *Backend) plan(rows int, ws []backend.Matrix) (parts []part, width, cols, work int) {
	for _, w := range ws {
		m := w.(*matrix)
		cols = m.cols
		perRow := max(1, m.Bytes()/max(1, m.rows))
		// At least four parts a worker, so that one that is held up does not hold up
		// all; a multiple of 12, so that tiles of 3 and 4 rows have no rest.
		size := min(blockBytes/perRow, m.rows/(4*b.pool.threads())) / 12 * 12
		size = max(size, 12)
		for from := 0; from < m.rows; from += size {
			parts = append(parts, part{m, from, min(from+size, m.rows), width})
		}
		width += m.rows
		work += rows * m.rows * m.cols
	}
	return parts, width, cols, work
}

// multiply writes one part for all rows of the batch.
func (b *Backend) multiply(y []float32, ldy int, x []float32, rows int, p part) {
	k := p.m.cols
	kern := &b.kernels
	if k%kern.stepK != 0 {
		kern = &b.portable
	}
	n := p.to - p.from
	switch {
	case p.m.f32 != nil:
		kern.f32(y, ldy, p.m.f32[p.from*k:p.to*k], x, n, rows, k)
	case p.m.bf16 != nil:
		kern.bf16(y, ldy, p.m.bf16[p.from*k:p.to*k], x, n, rows, k)
	default:
		kern.int8(y, ldy, p.m.int8[p.from*k:p.to*k], b.quants, p.m.scale[p.from:p.to], b.scales, n, rows, k)
	}
}

// quantiseActivations prepares x for the int8 weights among ws. The largest
// integer is chosen so that a whole dot product stays below 2^31.
func (b *Backend) quantiseActivations(x []float32, rows, cols int, ws []backend.Matrix) {
	need := false
	for _, w := range ws {
		need = need || w.(*matrix).int8 != nil
	}
	if !need {
		return
	}
	b.quants = grow(b.quants, rows*cols)
	b.scales = grow(b.scales, rows)
	limit := float32(min(32767, (1<<31-1)/(127*cols)))
	b.share(rows, rows*cols, func(from, to int) {
		for r := from; r < to; r++ {
			row := x[r*cols : (r+1)*cols]
			peak := b.wide(cols).absMax(row)
			if peak == 0 || peak != peak {
				b.scales[r] = 0
				clear(b.quants[r*cols : (r+1)*cols])
				continue
			}
			b.scales[r] = peak / limit
			b.wide(cols).quantise(b.quants[r*cols:(r+1)*cols], row, limit/peak)
		}
	})
}

// wide are the kernels for rows of n.
func (b *Backend) wide(n int) *kernels {
	if n%b.kernels.step != 0 {
		return &b.portable
	}
	return &b.kernels
}

// grow is s with room for n elements; what it held is lost.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}
