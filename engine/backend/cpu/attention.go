package cpu

import (
	"fmt"
	"math"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// cache is a paged KV cache: block, layer, head, keys then values, position, dimension.
type cache struct {
	shape  backend.KVShape
	data   []float32
	head   int // floats of one head's keys of one layer of one block
	layer  int
	blocks int
}

// Bytes implements backend.KV.
func (c *cache) Bytes() int { return 4 * len(c.data) }

// maxCache bounds the pool, so that a wrong number is an error and no crash.
const maxCache = 1 << 38

// NewKV implements backend.Backend.
func (b *Backend) NewKV(s backend.KVShape) (backend.KV, error) {
	head := s.BlockSize * s.HeadDim
	layer := 2 * s.Heads * head
	block := s.Layers * layer
	if s.Blocks < 1 || block < 1 || block > maxCache/s.Blocks/4 {
		return nil, fmt.Errorf("a cache of %d blocks of %d floats cannot be allocated", s.Blocks, block)
	}
	return &cache{shape: s, data: make([]float32, s.Blocks*block), head: head, layer: layer, blocks: block}, nil
}

// keys are the keys of a block, and values the values; both BlockSize × HeadDim.
func (c *cache) keys(block int32, layer, head int) []float32 {
	at := int(block)*c.blocks + layer*c.layer + 2*head*c.head
	return c.data[at : at+c.head]
}

func (c *cache) values(block int32, layer, head int) []float32 {
	at := int(block)*c.blocks + layer*c.layer + (2*head+1)*c.head
	return c.data[at : at+c.head]
}

// Attend implements backend.Backend.
func (b *Backend) Attend(dst, src []float32, kv backend.KV, layer int, at []backend.Position, h backend.Heads) {
	c := kv.(*cache)
	width := (h.Query + 2*h.KV) * h.Dim
	size := c.shape.BlockSize
	work := 0
	for r, p := range at {
		key := src[r*width+h.Query*h.Dim:]
		value := key[h.KV*h.Dim:]
		block, in := p.Table[p.Pos/size], p.Pos%size*h.Dim
		for g := range h.KV {
			copy(c.keys(block, layer, g)[in:in+h.Dim], key[g*h.Dim:])
			copy(c.values(block, layer, g)[in:in+h.Dim], value[g*h.Dim:])
		}
		work += (p.Pos + 1) * h.Query * h.Dim
	}
	one := func(worker, i int) {
		// The last rows have seen most; begin with them, so that the end is even.
		r := len(at) - 1 - i/h.KV
		b.attendOne(worker, dst[r*h.Query*h.Dim:], src[r*width:], c, layer, at[r], h, i%h.KV)
	}
	n := len(at) * h.KV
	if work < minWork {
		for i := range n {
			one(0, i)
		}
		return
	}
	b.pool.each(n, one)
}

// attendOne is one row's attention over the cache for the query heads that share
// one key head.
func (b *Backend) attendOne(worker int, dst, query []float32, c *cache, layer int, p backend.Position, h backend.Heads, kvHead int) {
	k := b.wide(h.Dim)
	size, end := c.shape.BlockSize, p.Pos+1
	start := 0
	if h.Window > 0 {
		start = max(0, end-h.Window)
	}
	b.scores[worker] = grow(b.scores[worker], roundUp(end))
	group := h.Query / h.KV
	for q := kvHead * group; q < (kvHead+1)*group; q++ {
		scores := b.scores[worker][:roundUp(end)]
		out := dst[q*h.Dim : (q+1)*h.Dim]
		for j := 0; j < end; j += size {
			n := min(size, end-j)
			k.dots(scores[j:j+n], query[q*h.Dim:(q+1)*h.Dim], c.keys(p.Table[j/size], layer, kvHead)[:n*h.Dim])
		}
		sum := softmax(k, scores, start, end, h.Scale, slope(h, q), p.Pos)
		clear(out)
		for j := start / size * size; j < end; j += size {
			n := min(size, end-j)
			k.mix(out, scores[j:j+n], c.values(p.Table[j/size], layer, kvHead)[:n*h.Dim])
		}
		for i := range out {
			out[i] /= sum
		}
	}
}

// softmax turns scores[start:end] of a row at pos into unnormalised weights, sets
// all others to zero and returns the sum.
func softmax(k *kernels, scores []float32, start, end int, scale, slope float32, pos int) float32 {
	peak := float32(math.Inf(-1))
	for j := start; j < end; j++ {
		s := scores[j]*scale + slope*float32(j-pos)
		scores[j] = s
		peak = max(peak, s)
	}
	for j := end; j < len(scores); j++ {
		scores[j] = float32(math.Inf(-1))
	}
	for j := range start {
		scores[j] = float32(math.Inf(-1))
	}
	return k.expSum(scores, peak)
}

// slope is a head's ALiBi slope.
func slope(h backend.Heads, q int) float32 {
	if h.Slopes == nil {
		return 0
	}
	return h.Slopes[q]
}

// roundUp is n as a multiple of the widest vector.
func roundUp(n int) int { return (n + 15) &^ 15 }

// AttendAll implements backend.Backend.
func (b *Backend) AttendAll(dst, src []float32, spans []int, h backend.Heads) {
	type unit struct{ row, from, n int }
	var units []unit
	from := 0
	for _, n := range spans {
		for r := from; r < from+n; r++ {
			units = append(units, unit{r, from, n})
		}
		from += n
	}
	width := (h.Query + 2*h.KV) * h.Dim
	k := b.wide(h.Dim)
	b.pool.each(len(units)*h.Query, func(worker, i int) {
		u, q := units[i/h.Query], i%h.Query
		g := q / (h.Query / h.KV)
		b.scores[worker] = grow(b.scores[worker], roundUp(u.n))
		scores := b.scores[worker]
		query := src[u.row*width+q*h.Dim:][:h.Dim]
		for j := range u.n {
			key := src[(u.from+j)*width+(h.Query+g)*h.Dim:][:h.Dim]
			k.dots(scores[j:j+1], query, key)
		}
		sum := softmax(k, scores, 0, u.n, h.Scale, 0, 0)
		out := dst[(u.row*h.Query+q)*h.Dim:][:h.Dim]
		clear(out)
		for j := range u.n {
			k.mix(out, scores[j:j+1], src[(u.from+j)*width+(h.Query+h.KV+g)*h.Dim:][:h.Dim])
		}
		for i := range out {
			out[i] /= sum
		}
	})
}
