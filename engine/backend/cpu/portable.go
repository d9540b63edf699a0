package cpu

import "math"

// portable are the kernels in Go. They define the meaning of all others.
func portable() kernels {
	return kernels{
		name:     "go",
		f32:      tileF32,
		bf16:     tileBF16,
		int8:     tileInt8,
		scores:   scores,
		mix:      mix,
		peak:     peak,
		add:      add,
		scale:    scale,
		scaleMul: scaleMul,
		rotate:   rotate,
		expSum:   expSum,
		siluMul:  siluMul,
		gelu:     gelu,
		squares:  func(x []float32) float32 { return dotF32(x, x) },
		total:    total,
		spread:   spread,
		centre:   centre,
		absMax:   absMax,
		quantise: quantise,
		step:     1,
		stepK:    1,
	}
}

func tileF32(y []float32, ldy int, w, x []float32, rows, cols, k int, _ []float32) {
	for r := range rows {
		wr := w[r*k : r*k+k]
		for c := range cols {
			y[c*ldy+r] = dotF32(wr, x[c*k:c*k+k])
		}
	}
}

// dotF32 sums in four lanes, which the processor runs side by side.
func dotF32(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		p, q := a[i:i+4:i+4], b[i:i+4:i+4]
		s0 += p[0] * q[0]
		s1 += p[1] * q[1]
		s2 += p[2] * q[2]
		s3 += p[3] * q[3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

func tileBF16(y []float32, ldy int, w []uint16, x []float32, rows, cols, k int, _ []uint16) {
	for r := range rows {
		wr := w[r*k : r*k+k]
		for c := range cols {
			y[c*ldy+r] = dotBF16(wr, x[c*k:c*k+k])
		}
	}
}

func dotBF16(a []uint16, b []float32) float32 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		p, q := a[i:i+4:i+4], b[i:i+4:i+4]
		s0 += widen(p[0]) * q[0]
		s1 += widen(p[1]) * q[1]
		s2 += widen(p[2]) * q[2]
		s3 += widen(p[3]) * q[3]
	}
	for ; i < len(a); i++ {
		s0 += widen(a[i]) * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// widen makes a float32 of a bfloat16.
func widen(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) }

func tileInt8(y []float32, ldy int, w []int8, x []int16, ws, xs []float32, rows, cols, k int, _ []int8) {
	for r := range rows {
		wr := w[r*k : r*k+k]
		for c := range cols {
			y[c*ldy+r] = float32(dotInt8(wr, x[c*k:c*k+k])) * ws[r] * xs[c]
		}
	}
}

func dotInt8(a []int8, b []int16) int32 {
	var s0, s1, s2, s3 int32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		p, q := a[i:i+4:i+4], b[i:i+4:i+4]
		s0 += int32(p[0]) * int32(q[0])
		s1 += int32(p[1]) * int32(q[1])
		s2 += int32(p[2]) * int32(q[2])
		s3 += int32(p[3]) * int32(q[3])
	}
	for ; i < len(a); i++ {
		s0 += int32(a[i]) * int32(b[i])
	}
	return (s0 + s1) + (s2 + s3)
}

func scores(dst []float32, ld int, q, k, more []float32, ldk, n, dim int) {
	for i := range n {
		out := dst[i*ld : i*ld+chunk]
		clear(out)
		for d := range dim {
			a, keys := q[i*dim+d], k[d*ldk:d*ldk+chunk]
			for j := range out {
				out[j] += a * keys[j]
			}
		}
	}
	if more != nil {
		scores(dst[chunk:], ld, q, more, nil, ldk, n, dim)
	}
}

func mix(dst, w []float32, ld int, v []float32, n, dim, rows int) {
	for i := range n {
		out := dst[i*dim : (i+1)*dim]
		for j := range rows {
			a, row := w[i*ld+j], v[j*dim:(j+1)*dim]
			for d := range out {
				out[d] += a * row[d]
			}
		}
	}
}

func peak(x []float32) float32 {
	m := x[0]
	for _, v := range x {
		m = max(m, v)
	}
	return m
}

func add(x, y []float32) {
	y = y[:len(x)]
	for i := range x {
		x[i] += y[i]
	}
}

func scale(dst, x []float32, scale float32) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = v * scale
	}
}

func scaleMul(dst, x, w []float32, scale float32) {
	x, dst = x[:len(w)], dst[:len(w)]
	for i, v := range w {
		dst[i] = x[i] * scale * v
	}
}

func rotate(x, table []float32, dim int) {
	half := dim / 2
	cos, sin := table[:half], table[half:dim]
	for ; len(x) >= dim; x = x[dim:] {
		a, b := x[:half], x[half:dim]
		for i, c := range cos {
			u, v := a[i], b[i]
			a[i] = u*c - v*sin[i]
			b[i] = v*c + u*sin[i]
		}
	}
}

func expSum(x []float32, peak float32) float32 {
	var sum float32
	for i, v := range x {
		x[i] = exp32(v - peak)
		sum += x[i]
	}
	return sum
}

func siluMul(dst, gate, up []float32) {
	up, dst = up[:len(gate)], dst[:len(gate)]
	for i, g := range gate {
		dst[i] = g / (1 + exp32(-g)) * up[i]
	}
}

func gelu(x []float32) {
	for i, v := range x {
		x[i] = float32(0.5 * float64(v) * (1 + math.Erf(float64(v)/math.Sqrt2)))
	}
}

func total(x []float32) (sum float64) {
	for _, v := range x {
		sum += float64(v)
	}
	return sum
}

func spread(x []float32, mean float64) (sum float64) {
	for _, v := range x {
		d := float64(v) - mean
		sum += d * d
	}
	return sum
}

func centre(dst, x, w, bias []float32, mean, inv float64) {
	for i, v := range x {
		dst[i] = float32((float64(v)-mean)*inv) * w[i]
		if bias != nil {
			dst[i] += bias[i]
		}
	}
}

func absMax(x []float32) float32 {
	var m float32
	for _, v := range x {
		m = max(m, max(v, -v))
	}
	return m
}

func quantise(dst []int16, x []float32, scale float32) {
	for i, v := range x {
		dst[i] = int16(math.RoundToEven(float64(v * scale)))
	}
}

// exp32 is exp in float32, within 2 units in the last place: reduction by powers
// of two and the polynomial of the Cephes library.
func exp32(x float32) float32 {
	if x < -87 {
		x = -87
	}
	if x > 88 {
		x = 88
	}
	n := float32(math.RoundToEven(float64(x * 1.44269504088896341)))
	x -= n * 0.693359375
	x -= n * -2.12194440e-4
	p := float32(1.9875691500e-4)
	p = p*x + 1.3981999507e-3
	p = p*x + 8.3334519073e-3
	p = p*x + 4.1665795894e-2
	p = p*x + 1.6666665459e-1
	p = p*x + 5.0000001201e-1
	p = p*x*x + x + 1
	return math.Float32frombits(math.Float32bits(p) + uint32(int32(n))<<23)
}
