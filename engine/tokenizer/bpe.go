package tokenizer

import (
	"bytes"
	"container/heap"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// bpe joins neighbours in the order in which training found the pairs.
type bpe struct {
	t            *Tokenizer
	merges       map[[2]int32]merge
	byteIDs      [256]int32 // ids of <0x00> … <0xFF>; -1: none
	byteFallback bool
	ignoreMerges bool
	fuseUnknown  bool
	suffix       string
}

type merge struct{ rank, id int32 }

func newBPE(t *Tokenizer, m modelSection) (*bpe, error) {
	if m.Prefix != "" {
		return nil, unsupported("continuing_subword_prefix of BPE", m.Prefix)
	}
	b := &bpe{
		t: t, merges: make(map[[2]int32]merge, len(m.Merges)),
		byteFallback: m.ByteFallback, ignoreMerges: m.IgnoreMerges, fuseUnknown: m.FuseUnk, suffix: m.Suffix,
	}
	for i := range b.byteIDs {
		b.byteIDs[i] = -1
		if id, ok := t.ids[fmt.Sprintf("<0x%02X>", i)]; ok {
			b.byteIDs[i] = id
		}
	}
	for rank, raw := range m.Merges {
		left, right, err := mergePair(raw)
		if err != nil {
			return nil, err
		}
		l, okL := t.ids[left]
		r, okR := t.ids[right]
		joined, okJ := t.ids[left+right]
		if !okL || !okR || !okJ {
			return nil, fmt.Errorf("%w: merge %d names %q and %q, which the vocabulary lacks", ErrFile, rank, left, right)
		}
		b.merges[[2]int32{l, r}] = merge{int32(rank), joined}
	}
	return b, nil
}

// mergePair reads both spellings of a merge: "a b" and ["a","b"].
func mergePair(raw json.RawMessage) (left, right string, err error) {
	if bytes.HasPrefix(raw, []byte("[")) {
		var pair []string
		if err = json.Unmarshal(raw, &pair); err == nil && len(pair) == 2 {
			return pair[0], pair[1], nil
		}
	} else {
		var s string
		if err = json.Unmarshal(raw, &s); err == nil {
			if l, r, ok := strings.Cut(s, " "); ok {
				return l, r, nil
			}
		}
	}
	return "", "", fmt.Errorf("%w: merge %.40s is no pair", ErrFile, raw)
}

func (b *bpe) encode(out []int32, word string) []int32 {
	if b.ignoreMerges {
		if id, ok := b.t.ids[word]; ok {
			return append(out, id)
		}
	}
	return append(out, b.join(b.characters(word))...)
}

// characters are the ids that joining starts from.
func (b *bpe) characters(word string) []int32 {
	ids := make([]int32, 0, len(word)+1)
	unknown := false
	for i := 0; i < len(word); {
		_, n := utf8.DecodeRuneInString(word[i:])
		char := word[i : i+n]
		i += n
		piece := char
		if i == len(word) {
			piece += b.suffix
		}
		if id, ok := b.t.ids[piece]; ok {
			ids, unknown = append(ids, id), false
			continue
		}
		if b.byteFallback && b.hasBytes(char) {
			for j := range len(char) {
				ids = append(ids, b.byteIDs[char[j]])
			}
			unknown = false
			continue
		}
		if b.t.unknown >= 0 && !(unknown && b.fuseUnknown) {
			ids = append(ids, b.t.unknown)
		}
		unknown = true
	}
	return ids
}

// hasBytes tells whether every byte of s has an id.
func (b *bpe) hasBytes(s string) bool {
	for i := range len(s) {
		if b.byteIDs[s[i]] < 0 {
			return false
		}
	}
	return true
}

// join merges the pair of lowest rank, leftmost first, until none is left:
// O(n log n) with a heap over a linked list, so that one endless word cannot
// stall a server.
func (b *bpe) join(ids []int32) []int32 {
	n := len(ids)
	prev, next := make([]int, n), make([]int, n)
	var q mergeQueue
	push := func(i int) {
		if i < 0 || next[i] >= n {
			return
		}
		pair := [2]int32{ids[i], ids[next[i]]}
		if m, ok := b.merges[pair]; ok {
			heap.Push(&q, candidate{m, i, pair})
		}
	}
	for i := range ids {
		prev[i], next[i] = i-1, i+1
	}
	for i := range ids {
		push(i)
	}
	for q.Len() > 0 {
		c := heap.Pop(&q).(candidate)
		i := c.at
		if next[i] >= n || ids[i] != c.pair[0] || ids[next[i]] != c.pair[1] {
			continue // one of the two was merged meanwhile
		}
		j := next[i]
		ids[i], ids[j] = c.id, -1
		next[i] = next[j]
		if next[j] < n {
			prev[next[j]] = i
		}
		push(prev[i])
		push(i)
	}
	out := ids[:0]
	for i := 0; i < n; i = next[i] {
		out = append(out, ids[i])
	}
	return out
}

// candidate is a possible merge of the pair that starts at a position.
type candidate struct {
	merge
	at   int
	pair [2]int32
}

// mergeQueue is a heap of candidates, lowest rank first, then leftmost.
type mergeQueue []candidate

func (q mergeQueue) Len() int { return len(q) }
func (q mergeQueue) Less(i, j int) bool {
	if q[i].rank != q[j].rank {
		return q[i].rank < q[j].rank
	}
	return q[i].at < q[j].at
}
func (q mergeQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *mergeQueue) Push(x any) { *q = append(*q, x.(candidate)) }

// Pop implements heap.Interface.
func (q *mergeQueue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}
