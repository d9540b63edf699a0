package cpu

import (
	"math"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// tileQueries is the most queries of one key head that are computed together, so
// that keys and values are read once for all of them.
const tileQueries = 32

// chunk is the number of keys whose scores are computed together: the widest vector.
const chunk = 16

// attentionTile is one worker's memory.
type attentionTile struct {
	queries []float32 // tileQueries × dim, scaled
	scores  []float32 // tileQueries × positions
	out     []float32 // tileQueries × dim
}

// run is some rows of one sequence at successive positions.
type run struct {
	row, rows int
	table     []int32
	pos       int // of the first row
	all       int // positions that every row sees; 0: itself and those before it
}

// attention is what the tiles of one call share.
type attention struct {
	dst, src []float32
	cache    *cache
	layer    int
	heads    backend.Heads
}

// Attend implements backend.Backend.
func (b *Backend) Attend(dst, src []float32, kv backend.KV, layer int, at []backend.Position, h backend.Heads) {
	a := attention{dst, src, kv.(*cache), layer, h}
	work := 0
	for _, p := range at {
		work += (p.Pos + 1) * h.Query * h.Dim
	}
	b.share(len(at), 8*len(at)*h.KV*h.Dim, func(from, to int) {
		for r := from; r < to; r++ {
			a.store(r, at[r])
		}
	})
	b.attend(&a, runs(at, b.runRows(len(at), h)), work)
}

// AttendAll implements backend.Backend. A cache of one layer, made for the call,
// holds the spans.
func (b *Backend) AttendAll(dst, src []float32, spans []int, h backend.Heads) {
	const size = chunk
	rows, work, blocks := 0, 0, 0
	for _, n := range spans {
		rows += n
		blocks += (n + size - 1) / size
		work += n * n * h.Query * h.Dim
	}
	if rows == 0 {
		return
	}
	shape := backend.KVShape{Layers: 1, Heads: h.KV, HeadDim: h.Dim, Blocks: blocks, BlockSize: size}
	c := newCache(shape)
	c.data = make([]float32, blocks*c.blocks)
	a := attention{dst, src, c, 0, h}
	most := b.runRows(rows, h)
	var todo []run
	row, block := 0, 0
	for _, n := range spans {
		table := make([]int32, (n+size-1)/size)
		for i := range table {
			table[i] = int32(block + i)
		}
		block += len(table)
		for i := range n {
			a.store(row+i, backend.Position{Table: table, Pos: i})
		}
		for i := 0; i < n; i += most {
			todo = append(todo, run{row: row + i, rows: min(most, n-i), table: table, pos: i, all: n})
		}
		row += n
	}
	b.attend(&a, todo, work)
}

// runRows is how many rows a run has at most: as many as a tile holds, fewer if the
// workers would have less than two tiles each.
func (b *Backend) runRows(rows int, h backend.Heads) int {
	most := max(1, tileQueries*h.KV/h.Query)
	for most > 1 && (rows+most-1)/most*h.KV < 2*b.pool.threads() {
		most /= 2
	}
	return most
}

// runs cuts a step into runs of at most so many rows.
func runs(at []backend.Position, most int) []run {
	var out []run
	for r := 0; r < len(at); {
		p := at[r]
		n := 1
		for n < most && r+n < len(at) && at[r+n].Pos == p.Pos+n && same(at[r+n].Table, p.Table) {
			n++
		}
		out = append(out, run{row: r, rows: n, table: p.Table, pos: p.Pos})
		r += n
	}
	return out
}

// same tells whether two tables are one sequence's.
func same(a, b []int32) bool {
	return len(a) > 0 && len(a) == len(b) && &a[0] == &b[0]
}

// store writes the keys and values of a row of src to the cache.
func (a *attention) store(row int, p backend.Position) {
	h := a.heads
	key := a.src[(row*(h.Query+2*h.KV)+h.Query)*h.Dim:]
	a.cache.store(p, a.layer, key, key[h.KV*h.Dim:])
}

// attend computes all runs for all key heads.
func (b *Backend) attend(a *attention, todo []run, work int) {
	kern := b.wide(a.heads.Dim)
	group := a.heads.Query / a.heads.KV
	n := len(todo) * a.heads.KV
	one := func(worker, i int) {
		// The last rows have seen most; begin with them, so that the end is even.
		r := todo[len(todo)-1-i/a.heads.KV]
		first := i % a.heads.KV * group
		for q := 0; q < group; q += tileQueries {
			a.tile(kern, &b.tiles[worker], r, first+q, min(tileQueries, group-q))
		}
	}
	if work < minWork {
		for i := range n {
			one(0, i)
		}
		return
	}
	b.pool.each(n, one)
}

// tile computes a run of rows for some query heads that share a key head. Every
// query is computed in the order of positions and of dimensions, so that its
// result does not depend on the tile.
func (a *attention) tile(k *kernels, t *attentionTile, r run, head, heads int) {
	h, c := a.heads, a.cache
	n, size := r.rows*heads, c.shape.BlockSize
	kvHead := head / (h.Query / h.KV)
	end := max(r.all, r.pos+r.rows)
	from := 0 // first block that anybody sees
	if h.Window > 0 {
		from = max(0, r.pos+1-h.Window) / size
	}
	ld := roundUp(end) + c.stride // the last block's scores are written whole
	t.queries = grow(t.queries, h.Dim*tileQueries)
	t.scores = grow(t.scores, tileQueries*ld)
	t.out = grow(t.out, tileQueries*h.Dim)
	for i := range r.rows {
		queries := a.src[((r.row+i)*(h.Query+2*h.KV)+head)*h.Dim:]
		k.scale(t.queries[i*heads*h.Dim:], queries[:heads*h.Dim], h.Scale)
	}
	// Chunks of keys go in pairs; a block is one or more of them.
	keys := func(j int) []float32 { return c.keys(r.table[j/size], a.layer, kvHead)[j%size:] }
	next := func(j int) int {
		if in := j%size + chunk; in < size {
			return j + chunk
		}
		return (j/size + 1) * size
	}
	for j := from * size; j < end; j = next(j) {
		if second := next(j); second == j+chunk && second < end {
			k.scores(t.scores[j:], ld, t.queries, keys(j), keys(second), c.stride, n, h.Dim)
			j = second
			continue
		}
		k.scores(t.scores[j:], ld, t.queries, keys(j), nil, c.stride, n, h.Dim)
	}
	var sums [tileQueries]float32
	for i := range n {
		pos := r.pos + i/heads
		sums[i] = softmax(k, t.scores[i*ld:(i+1)*ld], r.window(pos, h), slope(h, head+i%heads), pos, from*size)
	}
	clear(t.out[:n*h.Dim])
	for j := from * size; j < end; j += size {
		k.mix(t.out, t.scores[j:], ld, c.values(r.table[j/size], a.layer, kvHead), n, h.Dim, min(size, end-j))
	}
	for i := range n {
		out := a.dst[((r.row+i/heads)*h.Query+head+i%heads)*h.Dim:]
		k.scale(out, t.out[i*h.Dim:(i+1)*h.Dim], 1/sums[i])
	}
}

// span is the positions that a row sees.
type span struct{ from, to int }

func (r run) window(pos int, h backend.Heads) span {
	if r.all > 0 {
		return span{0, r.all}
	}
	s := span{0, pos + 1}
	if h.Window > 0 {
		s.from = max(0, s.to-h.Window)
	}
	return s
}

// softmax turns the seen scores of a row at pos into unnormalised weights, sets
// all others from first on to zero and returns the sum. What it adds depends on
// the seen positions alone.
func softmax(k *kernels, scores []float32, seen span, slope float32, pos, first int) float32 {
	if slope != 0 {
		for j := seen.from; j < seen.to; j++ {
			scores[j] += slope * float32(j-pos)
		}
	}
	from, to := seen.from/chunk*chunk, roundUp(seen.to)
	fill(scores[from:seen.from])
	fill(scores[seen.to:to])
	part := scores[from:to]
	sum := k.expSum(part, k.peak(part))
	clear(scores[first:max(first, seen.from)])
	clear(scores[seen.to:])
	return sum
}

func fill(x []float32) {
	for i := range x {
		x[i] = float32(math.Inf(-1))
	}
}

// slope is a head's ALiBi slope.
func slope(h backend.Heads, q int) float32 {
	if h.Slopes == nil {
		return 0
	}
	return h.Slopes[q]
}

// roundUp is n as a multiple of chunk.
func roundUp(n int) int { return (n + chunk - 1) / chunk * chunk }
