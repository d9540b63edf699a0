package tokenizer

import (
	"encoding/json"
	"fmt"
	"math"
	"unicode/utf8"
)

// unigram picks the segmentation with the highest sum of log probabilities.
type unigram struct {
	t        *Tokenizer
	score    map[string]float64
	longest  int // bytes of the longest piece
	unkScore float64
	byteIDs  [256]int32
	bytes    bool // unknown characters are spelt in bytes
}

// unknownPenalty is what sentencepiece takes off the worst score for an unknown character.
const unknownPenalty = 10

func newUnigram(t *Tokenizer, m modelSection) (*unigram, error) {
	var vocab [][2]json.RawMessage
	if err := json.Unmarshal(m.Vocab, &vocab); err != nil {
		return nil, fmt.Errorf("%w: vocab: %w", ErrFile, err)
	}
	u := &unigram{t: t, score: make(map[string]float64, len(vocab)), unkScore: math.Inf(1), bytes: m.ByteFallback}
	for id, pair := range vocab {
		var piece string
		var score float64
		if err := json.Unmarshal(pair[0], &piece); err != nil {
			return nil, fmt.Errorf("%w: vocab entry %d: %w", ErrFile, id, err)
		}
		if err := json.Unmarshal(pair[1], &score); err != nil {
			return nil, fmt.Errorf("%w: vocab entry %d: %w", ErrFile, id, err)
		}
		if err := t.setPiece(id, piece); err != nil {
			return nil, err
		}
		u.score[piece] = score
		u.longest = max(u.longest, len(piece))
		u.unkScore = min(u.unkScore, score)
	}
	u.unkScore -= unknownPenalty
	if m.UnkID != nil {
		if *m.UnkID < 0 || *m.UnkID >= len(vocab) {
			return nil, fmt.Errorf("%w: unk_id %d is outside the vocabulary", ErrFile, *m.UnkID)
		}
		t.unknown = int32(*m.UnkID)
	}
	for i := range u.byteIDs {
		id, ok := t.ids[fmt.Sprintf("<0x%02X>", i)]
		u.byteIDs[i] = id
		u.bytes = u.bytes && ok
	}
	return u, nil
}

// span is one piece in the lattice of all segmentations.
type span struct {
	from, to int
	known    bool
	best     float64 // score of the best way that ends with this piece
	prev     int     // the span before it on that way; -1: none
}

// encode is Viterbi's algorithm over byte positions. It compares sums the way
// sentencepiece does, with the next piece added, because rounding decides ties.
func (u *unigram) encode(out []int32, word string) []int32 {
	var spans []span
	ending := make([][]int, len(word)+1) // spans by their end
	add := func(from, to int, score float64, known bool) {
		s := span{from: from, to: to, known: known, best: score, prev: -1}
		if from > 0 {
			s.best = math.Inf(-1)
			for _, p := range ending[from] {
				if sum := spans[p].best + score; sum > s.best {
					s.best, s.prev = sum, p
				}
			}
		}
		ending[to] = append(ending[to], len(spans))
		spans = append(spans, s)
	}
	for i := 0; i < len(word); {
		_, step := utf8.DecodeRuneInString(word[i:])
		for j := i + 1; j <= min(len(word), i+u.longest); j++ {
			if score, ok := u.score[word[i:j]]; ok {
				add(i, j, score, true)
			}
		}
		if _, known := u.score[word[i:i+step]]; !known {
			add(i, i+step, u.unkScore, false)
		}
		i += step
	}
	last, best := -1, math.Inf(-1)
	for _, p := range ending[len(word)] {
		if spans[p].best > best {
			last, best = p, spans[p].best
		}
	}
	var way []span
	for ; last >= 0; last = spans[last].prev {
		way = append(way, spans[last])
	}
	return u.spell(out, word, way)
}

// spell turns a way, last piece first, into ids. Unknown characters become bytes,
// or one unknown token for a run of them.
func (u *unigram) spell(out []int32, word string, way []span) []int32 {
	unknown := false
	for k := len(way) - 1; k >= 0; k-- {
		piece := word[way[k].from:way[k].to]
		switch {
		case way[k].known:
			out = append(out, u.t.ids[piece])
		case u.bytes:
			for i := range len(piece) {
				out = append(out, u.byteIDs[piece[i]])
			}
		case u.t.unknown >= 0 && !unknown:
			out = append(out, u.t.unknown)
		}
		unknown = !way[k].known && !u.bytes
	}
	return out
}
