package backend

// Matrix is a weight in a backend's own layout. Only the backend that made it
// can use it.
type Matrix interface {
	Shape() (rows, cols int)
	// Bytes is what one pass over the matrix reads.
	Bytes() int
	// Mapped tells whether the weight is the checkpoint's own memory.
	Mapped() bool
}

// KV is the key and value cache of all layers, in blocks of positions.
type KV interface {
	// Bytes is the size of the whole pool.
	Bytes() int
}

// KVShape is the size of a cache.
type KVShape struct {
	Layers, Heads, HeadDim int
	Blocks, BlockSize      int
}

// Position is where a row of the batch stands: position Pos of the sequence
// whose cache is the blocks of Table.
type Position struct {
	Table []int32
	Pos   int
}

// Heads is the shape of one attention: Query heads share KV heads evenly.
type Heads struct {
	Query, KV, Dim int
	Scale          float32
	Window         int       // positions that a row sees, its own included; 0: all
	Slopes         []float32 // ALiBi slope of each query head; nil: none
}

// Backend computes. All slices are row-major float32; rows is the number of
// rows of the batch. A Backend is used by one goroutine at a time.
type Backend interface {
	// Matrix takes a weight over in the wanted format. It may keep t.Data.
	Matrix(t Tensor, f Format) (Matrix, error)
	// MatMul writes x [rows × cols] times each matrix transposed, side by side, to
	// dst [rows × sum of the matrices' rows].
	MatMul(dst, x []float32, rows int, ws ...Matrix)
	// RMSNorm writes x / rms(x) * weight for each row of len(weight).
	RMSNorm(dst, x, weight []float32, rows int, eps float32)
	// LayerNorm writes (x - mean) / std * weight + bias; bias may be nil.
	LayerNorm(dst, x, weight, bias []float32, rows int, eps float32)
	// Add adds y to x, both of one length.
	Add(x, y []float32)
	// Rotate turns the pairs i and i + dim/2 of each head of dim in the first turned
	// values of every row of x [rows × width], by that row of table [rows × dim]:
	// cosines, then sines.
	Rotate(x []float32, rows, width, turned int, table []float32, dim int)
	// SiLUMul writes silu(gate) * up; src rows hold gate, then up, of width each.
	SiLUMul(dst, src []float32, rows, width int)
	// GELU applies the exact (erf) GELU in place.
	GELU(x []float32)
	// NewKV allocates a cache.
	NewKV(s KVShape) (KV, error)
	// Attend stores each row's keys and values of a layer in the cache, then
	// writes each row's causal attention to dst [rows × Query·Dim]. src rows hold
	// query, key and value side by side.
	Attend(dst, src []float32, kv KV, layer int, at []Position, h Heads)
	// AttendAll is attention without cache and mask: every row of a span sees the
	// whole span. Spans are lengths that sum to the number of rows.
	AttendAll(dst, src []float32, spans []int, h Heads)
	// Name says what computes, as "cpu avx2 × 2".
	Name() string
	// Close frees weights, cache and goroutines.
	Close() error
}
