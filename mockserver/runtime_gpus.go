package mockserver

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// gpuPool holds the ids of the GPUs that launched engines may have. The server has one, whatever the number of its
// workspaces: the hardware is one too.
type gpuPool struct {
	mu   sync.Mutex
	free map[string][]string // by type; nil: the pool is not known, and engines see all there are
	all  map[string]int
}

// newGPUPool takes the ids that the options name, and counts through those that are left, from 0, in order of the types'
// names for the others.
func newGPUPool(o Options) *gpuPool {
	if o.GPUs == nil {
		return &gpuPool{}
	}
	p := &gpuPool{free: map[string][]string{}, all: o.GPUs}
	named := map[string]bool{}
	for _, ids := range o.GPUIDs {
		for _, id := range ids {
			named[id] = true
		}
	}
	next := 0
	for _, name := range sortedKeys(o.GPUs) {
		ids := slices.Clone(o.GPUIDs[name])
		for ; len(ids) < o.GPUs[name]; next++ {
			if id := strconv.Itoa(next); !named[id] {
				ids = append(ids, id)
			}
		}
		p.free[name] = ids[:o.GPUs[name]]
	}
	return p
}

// take hands out n GPUs of a type; missing says in words what is not there.
func (p *gpuPool) take(gpu string, n int) (ids []string, missing string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free == nil || n == 0 {
		return nil, ""
	}
	free := p.free[gpu]
	if len(free) < n {
		return nil, fmt.Sprintf("%d of %d %s are free, and it needs %d", len(free), p.all[gpu], gpu, n)
	}
	ids = slices.Clone(free[:n])
	p.free[gpu] = slices.Clone(free[n:])
	return ids, ""
}

// give takes GPUs back.
func (p *gpuPool) give(gpu string, ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(ids) > 0 {
		p.free[gpu] = append(p.free[gpu], ids...)
		slices.SortFunc(p.free[gpu], func(a, b string) int {
			if len(a) != len(b) {
				return len(a) - len(b) // 2 before 10
			}
			return strings.Compare(a, b)
		})
	}
}

// visible is CUDA_VISIBLE_DEVICES; known is false where the pool is not, and the variable is left alone.
func (p *gpuPool) visible(ids []string) (value string, known bool) {
	return strings.Join(ids, ","), p.free != nil
}
