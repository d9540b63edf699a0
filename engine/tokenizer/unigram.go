package tokenizer

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
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

// way is the best segmentation of a word's beginning, by its last piece.
type way struct {
	from  int // where the last piece begins; -1: nothing ends here
	score float64
	known bool
}

// encode is Viterbi's algorithm over byte positions, in the order in which the
// Rust library adds and compares, because rounding decides ties: of equal ways the
// one whose last piece begins first.
func (u *unigram) encode(out []int32, word string) []int32 {
	ways := make([]way, len(word)+1)
	for i := range ways {
		ways[i].from = -1
	}
	ways[0] = way{known: true}
	reach := func(from, to int, score float64, known bool) {
		if score += ways[from].score; ways[to].from < 0 || score > ways[to].score {
			ways[to] = way{from, score, known}
		}
	}
	for i := 0; i < len(word); {
		_, step := utf8.DecodeRuneInString(word[i:])
		for j := i + 1; j <= min(len(word), i+u.longest); j++ {
			if score, ok := u.score[word[i:j]]; ok {
				reach(i, j, score, true)
			}
		}
		if _, known := u.score[word[i:i+step]]; !known {
			reach(i, i+step, u.unkScore, false)
		}
		i += step
	}
	return u.spell(out, word, ways)
}

// spell turns the best way to the end into ids. Unknown characters become bytes,
// or one unknown token for a run of them.
func (u *unigram) spell(out []int32, word string, ways []way) []int32 {
	var ends []int
	for at := len(word); at > 0; at = ways[at].from {
		ends = append(ends, at)
	}
	unknown := false
	for _, at := range slices.Backward(ends) {
		piece := word[ways[at].from:at]
		switch {
		case ways[at].known:
			out = append(out, u.t.ids[piece])
		case u.bytes:
			for i := range len(piece) {
				out = append(out, u.byteIDs[piece[i]])
			}
		case u.t.unknown >= 0 && !unknown:
			out = append(out, u.t.unknown)
		}
		unknown = !ways[at].known && !u.bytes
	}
	return out
}
