package cpu

import "math"

// RMSNorm implements backend.Backend.
func (b *Backend) RMSNorm(dst, x, weight []float32, rows int, eps float32) {
	n := len(weight)
	k := b.wide(n)
	b.share(rows, rows*n, func(from, to int) {
		for r := from; r < to; r++ {
			row, out := x[r*n:(r+1)*n], dst[r*n:(r+1)*n]
			inv := float32(1 / math.Sqrt(float64(k.squares(row)/float32(n)+eps)))
			k.scaleMul(out, row, weight, inv)
		}
	})
}

// LayerNorm implements backend.Backend.
func (b *Backend) LayerNorm(dst, x, weight, bias []float32, rows int, eps float32) {
	n := len(weight)
	k := b.wide(n)
	b.share(rows, 4*rows*n, func(from, to int) {
		for r := from; r < to; r++ {
			row := x[r*n : (r+1)*n]
			mean := k.total(row) / float64(n)
			inv := 1 / math.Sqrt(k.spread(row, mean)/float64(n)+float64(eps))
			k.centre(dst[r*n:(r+1)*n], row, weight, bias, mean, inv)
		}
	})
}

// Add implements backend.Backend.
func (b *Backend) Add(x, y []float32) {
	k := b.wide(len(x))
	b.share(len(x)/k.step, len(x), func(from, to int) {
		if from < to {
			k.add(x[from*k.step:to*k.step], y[from*k.step:to*k.step])
		}
	})
}

// Rotate implements backend.Backend.
func (b *Backend) Rotate(x []float32, rows, width, turned int, table []float32, dim int) {
	k := b.wide(dim)
	b.share(rows, rows*turned, func(from, to int) {
		for r := from; r < to; r++ {
			k.rotate(x[r*width:r*width+turned], table[r*dim:(r+1)*dim], dim)
		}
	})
}

// SiLUMul implements backend.Backend.
func (b *Backend) SiLUMul(dst, src []float32, rows, width int) {
	k := b.wide(width)
	b.share(rows, 8*rows*width, func(from, to int) {
		for r := from; r < to; r++ {
			row := src[2*r*width : 2*(r+1)*width]
			k.siluMul(dst[r*width:(r+1)*width], row[:width], row[width:])
		}
	})
}

// GELU implements backend.Backend. Elements that are no whole step go through the
// same kernel, so that a row's bits do not depend on the length of the batch.
func (b *Backend) GELU(x []float32) {
	k := &b.kernels
	b.share(len(x)/k.step, 16*len(x), func(from, to int) {
		if from < to {
			k.gelu(x[from*k.step : to*k.step])
		}
	})
	if rest := x[len(x)/k.step*k.step:]; len(rest) > 0 {
		whole := make([]float32, k.step)
		copy(whole, rest)
		k.gelu(whole)
		copy(rest, whole)
	}
}
