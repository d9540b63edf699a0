package kvcache

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func mustNew(t interface{ Fatal(...any) }, blocks, size int) *Cache {
	c, err := New(blocks, size)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNewRefusesNothing(t *testing.T) {
	for _, c := range [][2]int{{0, 1}, {1, 0}, {-1, 4}} {
		if _, err := New(c[0], c[1]); err == nil {
			t.Errorf("New(%d, %d) succeeds", c[0], c[1])
		}
	}
}

func TestPrefixIsShared(t *testing.T) {
	c := mustNew(t, 8, 4)
	tokens := []int32{1, 2, 3, 4, 5, 6, 7, 8, 9}
	var a, b Table
	if !c.Grow(&a, 9) {
		t.Fatal("an empty pool has no room")
	}
	c.Publish(&a, tokens, 9)
	if hit := c.Match(&b, tokens); hit != 8 || !slices.Equal(a.Blocks()[:2], b.Blocks()) {
		t.Errorf("hit %d tokens in %v of %v", hit, b.Blocks(), a.Blocks())
	}
	c.Release(&a)
	c.Release(&b)
	var again Table
	if hit := c.Match(&again, tokens); hit != 8 {
		t.Errorf("a released prefix is forgotten: hit %d", hit)
	}
}

func TestMatchLeavesTheLastToken(t *testing.T) {
	c := mustNew(t, 8, 4)
	tokens := []int32{1, 2, 3, 4, 5, 6, 7, 8}
	var a, b Table
	c.Grow(&a, 8)
	c.Publish(&a, tokens, 8)
	if hit := c.Match(&b, tokens); hit != 4 {
		t.Errorf("hit %d of 8 tokens; the last needs its logits", hit)
	}
}

func TestMatchNeedsTheWholePast(t *testing.T) {
	c := mustNew(t, 8, 2)
	var a, b Table
	c.Grow(&a, 4)
	c.Publish(&a, []int32{1, 2, 3, 4}, 4)
	if hit := c.Match(&b, []int32{9, 2, 3, 4, 5}); hit != 0 {
		t.Errorf("hit %d tokens behind a different beginning", hit)
	}
}

func TestEvictionForgets(t *testing.T) {
	c := mustNew(t, 2, 2)
	tokens := []int32{1, 2, 3, 4, 5}
	var a, b, again Table
	c.Grow(&a, 4)
	c.Publish(&a, tokens, 4)
	c.Release(&a)
	if !c.Grow(&b, 4) {
		t.Fatal("remembered blocks are not free")
	}
	c.Release(&b)
	if hit := c.Match(&again, tokens); hit != 0 {
		t.Errorf("hit %d tokens in overwritten blocks", hit)
	}
}

// TestAccounting drives a cache with random operations beside a model of it: no
// block is lost or owned twice, sharing only happens between equal prefixes.
func TestAccounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 4).Draw(t, "size")
		total := rapid.IntRange(1, 12).Draw(t, "blocks")
		c := mustNew(t, total, size)
		type user struct {
			table  Table
			tokens []int32
			done   int
		}
		var users []*user
		check := func() {
			owners := map[Block]int{}
			content := map[Block][]int32{}
			for _, u := range users {
				for i, b := range u.table.Blocks() {
					owners[b]++
					end := min((i+1)*size, u.done)
					part := u.tokens[:max(end, 0)]
					if other, ok := content[b]; ok && owners[b] > 1 && !slices.Equal(other[:min(len(other), len(part))], part[:min(len(other), len(part))]) {
						t.Fatalf("block %d is shared by %v and %v", b, other, part)
					}
					content[b] = part
				}
			}
			for b, n := range owners {
				if c.blocks[b].refs != n {
					t.Fatalf("block %d has %d references, %d owners", b, c.blocks[b].refs, n)
				}
			}
			if c.Free()+len(owners) != total {
				t.Fatalf("%d free + %d used != %d", c.Free(), len(owners), total)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { check() },
			"start": func(t *rapid.T) {
				u := &user{tokens: rapid.SliceOfN(rapid.Int32Range(0, 1), 1, 10).Draw(t, "tokens")}
				u.done = c.Match(&u.table, u.tokens)
				if u.done >= len(u.tokens) || u.done%size != 0 {
					t.Fatalf("hit %d of %d", u.done, len(u.tokens))
				}
				users = append(users, u)
			},
			"grow": func(t *rapid.T) {
				if len(users) == 0 {
					t.Skip("nobody")
				}
				u := users[rapid.IntRange(0, len(users)-1).Draw(t, "user")]
				n := rapid.IntRange(u.done, len(u.tokens)).Draw(t, "n")
				before := len(u.table.Blocks())
				if c.Grow(&u.table, n) {
					u.done = n
					c.Publish(&u.table, u.tokens, n)
				} else if len(u.table.Blocks()) != before || c.Need(n)-before <= c.Free() {
					t.Fatalf("refused %d tokens with %d blocks free", n, c.Free())
				}
			},
			"end": func(t *rapid.T) {
				if len(users) == 0 {
					t.Skip("nobody")
				}
				i := rapid.IntRange(0, len(users)-1).Draw(t, "user")
				c.Release(&users[i].table)
				users = slices.Delete(users, i, i+1)
			},
		})
		for _, u := range users {
			c.Release(&u.table)
		}
		if c.Free() != total {
			t.Fatalf("%d of %d blocks are free at the end", c.Free(), total)
		}
	})
}
