package kvcache

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Block is the number of a block of the pool.
type Block = int32

// key names the content of a full block: its tokens and all before them. A
// cryptographic hash, because a collision would hand one tenant another's text.
type key [sha256.Size]byte

// block is the state of one block. A free block that still holds a known prefix
// keeps its key until it is taken for something else.
type block struct {
	refs       int
	key        key
	hashed     bool
	prev, next Block // the free list; -1 ends it
}

// Cache hands out the blocks of one pool. It is not safe for concurrent use.
type Cache struct {
	size       int // tokens per block
	blocks     []block
	byKey      map[key]Block
	head, tail Block // free list, least recently freed first
	free       int
	stats      Stats
}

// Stats counts prefix look-ups, in tokens.
type Stats struct {
	Queried uint64 // tokens looked for
	Hit     uint64 // tokens found
}

// New is a cache of blocks blocks of size tokens each.
func New(blocks, size int) (*Cache, error) {
	if blocks < 1 || size < 1 {
		return nil, fmt.Errorf("a cache of %d blocks of %d tokens holds nothing", blocks, size)
	}
	c := &Cache{size: size, blocks: make([]block, blocks), byKey: make(map[key]Block), head: -1, tail: -1}
	for i := range c.blocks {
		c.pushFree(Block(i))
	}
	return c, nil
}

// BlockSize is the number of tokens of a block.
func (c *Cache) BlockSize() int { return c.size }

// Total is the number of blocks of the pool.
func (c *Cache) Total() int { return len(c.blocks) }

// Free is the number of blocks that nobody owns, those with a remembered prefix included.
func (c *Cache) Free() int { return c.free }

// Stats are the prefix look-ups so far.
func (c *Cache) Stats() Stats { return c.stats }

// Need is the number of blocks that n tokens take.
func (c *Cache) Need(n int) int { return (n + c.size - 1) / c.size }

// Table is the list of blocks that one sequence owns, in order of position.
// The zero value owns none.
type Table struct {
	blocks    []Block
	published int // leading blocks whose content has a key
	last      key // key of block published-1
}

// Blocks are the owned blocks; the caller must not change them.
func (t *Table) Blocks() []Block { return t.blocks }

// Match gives an empty table the blocks that already hold a prefix of tokens
// and returns how many tokens they cover. The last token is never covered, so
// that its logits are computed.
func (c *Cache) Match(t *Table, tokens []int32) int {
	if len(t.blocks) != 0 || len(tokens) == 0 {
		return 0
	}
	for n := c.size; n < len(tokens); n += c.size {
		k := chain(t.last, tokens[n-c.size:n])
		b, ok := c.byKey[k]
		if !ok {
			break
		}
		c.own(b)
		t.blocks = append(t.blocks, b)
		t.last = k
		t.published++
	}
	return t.published * c.size
}

// Count records a look-up of queried tokens of which hit were found. It stands
// apart from Match, because a sequence that finds no room looks again every step.
func (c *Cache) Count(queried, hit int) {
	c.stats.Queried += uint64(queried)
	c.stats.Hit += uint64(hit)
}

// Grow makes the table hold n tokens. It reports false, and changes nothing, if
// the pool has too few free blocks.
func (c *Cache) Grow(t *Table, n int) bool {
	need := c.Need(n) - len(t.blocks)
	if need > c.free {
		return false
	}
	for range need {
		b := c.head
		c.own(b)
		if c.blocks[b].hashed {
			delete(c.byKey, c.blocks[b].key)
			c.blocks[b].hashed = false
		}
		t.blocks = append(t.blocks, b)
	}
	return true
}

// Publish makes the full blocks of the first computed tokens findable. A block
// whose content is known already stays private: both copies hold the same bits.
func (c *Cache) Publish(t *Table, tokens []int32, computed int) {
	for (t.published+1)*c.size <= computed {
		from := t.published * c.size
		t.last = chain(t.last, tokens[from:from+c.size])
		b := t.blocks[t.published]
		if _, known := c.byKey[t.last]; !known {
			c.byKey[t.last] = b
			c.blocks[b].key, c.blocks[b].hashed = t.last, true
		}
		t.published++
	}
}

// Release gives all blocks of the table back. The last goes first, so that the
// beginning of a prefix outlives its end.
func (c *Cache) Release(t *Table) {
	for i := len(t.blocks) - 1; i >= 0; i-- {
		b := t.blocks[i]
		if c.blocks[b].refs--; c.blocks[b].refs == 0 {
			c.pushFree(b)
		}
	}
	*t = Table{}
}

// own takes a reference, and the block off the free list if it was there.
func (c *Cache) own(b Block) {
	x := &c.blocks[b]
	if x.refs++; x.refs > 1 {
		return
	}
	if x.prev >= 0 {
		c.blocks[x.prev].next = x.next
	} else {
		c.head = x.next
	}
	if x.next >= 0 {
		c.blocks[x.next].prev = x.prev
	} else {
		c.tail = x.prev
	}
	c.free--
}

// pushFree appends a block to the free list.
func (c *Cache) pushFree(b Block) {
	c.blocks[b].prev, c.blocks[b].next = c.tail, -1
	if c.tail >= 0 {
		c.blocks[c.tail].next = b
	} else {
		c.head = b
	}
	c.tail = b
	c.free++
}

// chain is the key of a block whose predecessor has the key parent.
func chain(parent key, tokens []int32) key {
	buf := make([]byte, 0, len(parent)+4*len(tokens))
	buf = append(buf, parent[:]...)
	for _, t := range tokens {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(t))
	}
	return sha256.Sum256(buf)
}
