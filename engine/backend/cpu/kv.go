package cpu

import (
	"fmt"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// cache is a paged KV cache: block, layer, head; then keys, dimension by position,
// so that a vector holds one dimension of many keys; then values, position by
// dimension.
type cache struct {
	shape  backend.KVShape
	data   []float32
	stride int // from one dimension of the keys of a block to the next: whole chunks
	head   int // floats of one head of one layer of one block
	layer  int
	blocks int
}

// Bytes implements backend.KV.
func (c *cache) Bytes() int { return 4 * len(c.data) }

// maxCache bounds the pool, so that a wrong number is an error and no crash.
const maxCache = 1 << 38

// NewKV implements backend.Backend.
func (b *Backend) NewKV(s backend.KVShape) (backend.KV, error) {
	c := newCache(s)
	if s.Blocks < 1 || c.blocks < 1 || c.blocks > maxCache/s.Blocks/4 {
		return nil, fmt.Errorf("a cache of %d blocks of %d floats cannot be allocated", s.Blocks, c.blocks)
	}
	c.data = takeOf[float32](&b.memory, s.Blocks*c.blocks)
	return c, nil
}

// newCache computes the layout; it does not allocate.
func newCache(s backend.KVShape) *cache {
	c := &cache{shape: s, stride: roundUp(s.BlockSize)}
	c.head = (c.stride + s.BlockSize) * s.HeadDim
	c.layer = s.Heads * c.head
	c.blocks = s.Layers * c.layer
	return c
}

// keys are the keys of a block [HeadDim × stride], and values the values
// [BlockSize × HeadDim].
func (c *cache) keys(block int32, layer, head int) []float32 {
	at := int(block)*c.blocks + layer*c.layer + head*c.head
	return c.data[at : at+c.shape.HeadDim*c.stride]
}

func (c *cache) values(block int32, layer, head int) []float32 {
	at := int(block)*c.blocks + layer*c.layer + head*c.head
	return c.data[at+c.shape.HeadDim*c.stride : at+c.head]
}

// store writes one row's keys and values, all heads side by side.
func (c *cache) store(p backend.Position, layer int, key, value []float32) {
	size, dim := c.shape.BlockSize, c.shape.HeadDim
	block, in := p.Table[p.Pos/size], p.Pos%size
	for g := range c.shape.Heads {
		keys := c.keys(block, layer, g)[in:]
		for d, v := range key[g*dim : (g+1)*dim] {
			keys[d*c.stride] = v
		}
		copy(c.values(block, layer, g)[in*dim:], value[g*dim:(g+1)*dim])
	}
}
