package main

import "sync"

// The three products of training. float32(a*b) keeps the compiler from fusing
// multiplication and addition on processors that could, which would change bits.

// parallel runs f on parts of n, cut at multiples of grain; each part writes its
// own rows, so the number of threads changes nothing.
func parallel(threads, n, grain int, f func(from, to int)) {
	blocks := (n + grain - 1) / grain
	part := func(i int) { f(min(n, blocks*i/threads*grain), min(n, blocks*(i+1)/threads*grain)) }
	var wg sync.WaitGroup
	for i := 1; i < threads; i++ {
		wg.Go(func() { part(i) })
	}
	part(0)
	wg.Wait()
}

// lanes is the number of outputs that dot4 computes at once. What is left over is
// summed in another order, so nobody may cut elsewhere.
const lanes = 4

// forward writes y [t×n] = x [t×k] · wᵀ, w [n×k].
func forward(threads int, y, x, w []float32, t, n, k int) {
	parallel(threads, n, lanes, func(from, to int) {
		for i := range t {
			row, out := x[i*k:(i+1)*k], y[i*n:(i+1)*n]
			j := from
			for ; j+4 <= to; j += 4 {
				out[j], out[j+1], out[j+2], out[j+3] = dot4(row, w[j*k:], k)
			}
			for ; j < to; j++ {
				out[j] = dot(row, w[j*k:(j+1)*k])
			}
		}
	})
}

// dot4 is four dot products that share their left side.
func dot4(x, w []float32, k int) (float32, float32, float32, float32) {
	w0, w1, w2, w3 := w[:k][:len(x)], w[k : 2*k][:len(x)], w[2*k : 3*k][:len(x)], w[3*k : 4*k][:len(x)]
	var a0, a1, a2, a3, b0, b1, b2, b3 float32
	i := 0
	for ; i+1 < len(x); i += 2 {
		p, q := x[i], x[i+1]
		a0 += float32(p * w0[i])
		b0 += float32(q * w0[i+1])
		a1 += float32(p * w1[i])
		b1 += float32(q * w1[i+1])
		a2 += float32(p * w2[i])
		b2 += float32(q * w2[i+1])
		a3 += float32(p * w3[i])
		b3 += float32(q * w3[i+1])
	}
	if i < len(x) {
		a0 += float32(x[i] * w0[i])
		a1 += float32(x[i] * w1[i])
		a2 += float32(x[i] * w2[i])
		a3 += float32(x[i] * w3[i])
	}
	return a0 + b0, a1 + b1, a2 + b2, a3 + b3
}

func dot(x, w []float32) float32 {
	var s float32
	for i, v := range x {
		s += float32(v * w[i])
	}
	return s
}

// backwardInput adds dy [t×n] · w [n×k] to dx [t×k].
func backwardInput(threads int, dx, dy, w []float32, t, n, k int) {
	parallel(threads, t, 1, func(from, to int) {
		for i := from; i < to; i++ {
			combine(dx[i*k:(i+1)*k], dy[i*n:(i+1)*n], w, n, k, 1)
		}
	})
}

// backwardWeight adds dyᵀ · x to dw [n×k].
func backwardWeight(threads int, dw, dy, x []float32, t, n, k int) {
	parallel(threads, n, 1, func(from, to int) {
		for j := from; j < to; j++ {
			combine(dw[j*k:(j+1)*k], dy[j:], x, t, k, n)
		}
	})
}

// combine adds the sum of c[i·stride]·rows[i] over n rows of k to out.
func combine(out, c, rows []float32, n, k, stride int) {
	i := 0
	for ; i+4 <= n; i += 4 {
		c0, c1, c2, c3 := c[i*stride], c[(i+1)*stride], c[(i+2)*stride], c[(i+3)*stride]
		r0 := rows[i*k : (i+1)*k][:len(out)]
		r1 := rows[(i+1)*k : (i+2)*k][:len(out)]
		r2 := rows[(i+2)*k : (i+3)*k][:len(out)]
		r3 := rows[(i+3)*k : (i+4)*k][:len(out)]
		for j := range out {
			out[j] += float32(c0*r0[j]) + float32(c1*r1[j]) + (float32(c2*r2[j]) + float32(c3*r3[j]))
		}
	}
	for ; i < n; i++ {
		v := c[i*stride]
		for j, r := range rows[i*k : (i+1)*k] {
			out[j] += float32(v * r)
		}
	}
}
