package cpu

import "github.com/inference-iac/terraform-provider-inference/engine/backend"

// part is a run of rows of one matrix that one worker multiplies at a time.
type part struct {
	m        *matrix
	from, to int
	column   int  // of dst where row 0 of the matrix goes
	last     bool // of its worker or of its matrix
}

// plan is how the matrices of a call are cut into parts.
type plan struct {
	parts  []part
	starts []int // first part of each worker
	width  int   // of a row of the result
}

const (
	// blockBytes of weights stay in the second-level cache while all rows of the
	// batch pass over them.
	blockBytes = 96 << 10
	// streamedBytes are read once for at most streamedRows: some ten microseconds.
	streamedBytes = 384 << 10
	streamedRows  = 8
	// tileRows is a multiple of the rows of every table's tiles.
	tileRows = 12
)

// MatMul implements backend.Backend.
func (b *Backend) MatMul(dst, x []float32, rows int, ws ...backend.Matrix) {
	p := &b.plan
	p.cut(b.pool.threads(), rows, ws)
	cols := ws[0].(*matrix).cols
	b.quantiseActivations(x, rows, cols, ws)
	run := func(_, i int) {
		at, next := p.parts[i], part{}
		if !at.last {
			next = p.parts[i+1]
		}
		b.multiply(dst[at.column+at.from:], p.width, x, rows, at, next)
	}
	if rows*p.width*cols < minWork {
		for i := range p.parts {
			run(0, i)
		}
		return
	}
	b.pool.run(len(p.parts), func(worker int) int { return p.starts[worker] }, run)
}

// cut shares the rows of all matrices out evenly, and each worker's into parts: at
// least four, so that another can help one that is held up.
func (p *plan) cut(threads, rows int, ws []backend.Matrix) {
	p.parts, p.starts, p.width = p.parts[:0], append(p.starts[:0], 0), 0
	total := 0
	for _, w := range ws {
		total += w.(*matrix).rows
	}
	most, block := total/(4*threads), blockBytes
	if rows <= streamedRows {
		block = streamedBytes
	}
	end := p.end(threads, total)
	for _, w := range ws {
		m := w.(*matrix)
		perRow := max(1, m.Bytes()/max(1, m.rows))
		size := max(1, min(block/perRow, most)/tileRows) * tileRows
		for from := 0; from < m.rows; {
			for p.width+from >= end {
				p.starts = append(p.starts, len(p.parts))
				end = p.end(threads, total)
			}
			to := min(from+size, m.rows, end-p.width)
			p.parts = append(p.parts, part{m, from, to, p.width, to == m.rows || p.width+to == end})
			from = to
		}
		p.width += m.rows
	}
	for len(p.starts) < threads {
		p.starts = append(p.starts, len(p.parts))
	}
}

// end is the row at which the share of the worker that was begun last ends.
func (p *plan) end(threads, total int) int {
	if len(p.starts) == threads {
		return total
	}
	return total * len(p.starts) / threads / tileRows * tileRows
}

// multiply writes one part for all rows of the batch; next is the part after it,
// in the same matrix or empty.
func (b *Backend) multiply(y []float32, ldy int, x []float32, rows int, p, next part) {
	k := p.m.cols
	kern := &b.kernels
	if k%kern.stepK != 0 {
		kern = &b.portable
	}
	n := p.to - p.from
	switch {
	case p.m.f32 != nil:
		kern.f32(y, ldy, p.m.f32[p.from*k:p.to*k], x, n, rows, k, p.m.f32[next.from*k:next.to*k])
	case p.m.bf16 != nil:
		kern.bf16(y, ldy, p.m.bf16[p.from*k:p.to*k], x, n, rows, k, p.m.bf16[next.from*k:next.to*k])
	default:
		kern.int8(y, ldy, p.m.int8[p.from*k:p.to*k], b.quants, p.m.scale[p.from:p.to], b.scales, n, rows, k, p.m.int8[next.from*k:next.to*k])
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
