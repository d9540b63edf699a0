package cpu

import (
	"fmt"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// Backend computes on the processor. It implements backend.Backend.
type Backend struct {
	kernels  kernels
	portable kernels
	pool     *pool
	memory   arena           // of weights and caches
	tiles    []attentionTile // by worker
	quants   []int16         // activations in 16 bits
	scales   []float32       // of the rows of quants
	plan     plan            // of the matrices that are multiplied
}

var _ backend.Backend = (*Backend)(nil)

// New starts a backend with the fastest kernels that the processor has.
func New(threads int) *Backend { return newWith(threads, fastest()) }

func newWith(threads int, k kernels) *Backend {
	threads = max(threads, 1)
	return &Backend{kernels: k, portable: portable(), pool: newPool(threads), tiles: make([]attentionTile, threads)}
}

// Name implements backend.Backend.
func (b *Backend) Name() string {
	return fmt.Sprintf("cpu %s × %d", b.kernels.name, b.pool.threads())
}

// Close implements backend.Backend.
func (b *Backend) Close() error {
	b.pool.close()
	return nil
}

// Each runs f for n parts on the backend's threads and returns when all are done.
// A worker, below the number of threads, runs one part at a time. No other method
// may run meanwhile.
func (b *Backend) Each(n int, f func(worker, part int)) { b.pool.each(n, f) }

// minWork is the number of multiplications under which handing a part to a worker
// that is awake costs more than it saves.
const minWork = 1 << 15

// share runs f on parts of n rows, on one goroutine if the whole is little work.
func (b *Backend) share(n, work int, f func(from, to int)) {
	if work < minWork || n < 2 {
		f(0, n)
		return
	}
	parts := min(n, 4*b.pool.threads())
	b.pool.each(parts, func(_, i int) { f(n*i/parts, n*(i+1)/parts) })
}
