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
	b.share(rows, rows*n, func(from, to int) {
		for r := from; r < to; r++ {
			normalise(dst[r*n:(r+1)*n], x[r*n:(r+1)*n], weight, bias, eps)
		}
	})
}

// normalise is one row of LayerNorm. Mean and variance are summed in float64,
// because the difference of large numbers would lose them.
func normalise(dst, x, weight, bias []float32, eps float32) {
	var sum, squares float64
	for _, v := range x {
		sum += float64(v)
	}
	mean := sum / float64(len(x))
	for _, v := range x {
		d := float64(v) - mean
		squares += d * d
	}
	inv := 1 / math.Sqrt(squares/float64(len(x))+float64(eps))
	for i, w := range weight {
		v := float32((float64(x[i])-mean)*inv) * w
		if bias != nil {
			v += bias[i]
		}
		dst[i] = v
	}
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
