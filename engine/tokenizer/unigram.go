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

// encode is Viterbi's algorithm over byte positions.
func (u *unigram) encode(out []int32, word string) []int32 {
	n := len(word)
	best := make([]float64, n+1)
	from := make([]int, n+1)
	for i := 1; i <= n; i++ {
		best[i] = math.Inf(-1)
	}
	for i := 0; i < n; {
		_, step := utf8.DecodeRuneInString(word[i:])
		for j := i + 1; j <= min(n, i+u.longest); j++ {
			if s, ok := u.score[word[i:j]]; ok && best[i]+s > best[j] {
				best[j], from[j] = best[i]+s, i
			}
		}
		if _, known := u.score[word[i:i+step]]; !known && best[i]+u.unkScore > best[i+step] {
			best[i+step], from[i+step] = best[i]+u.unkScore, i
		}
		i += step
	}
	var cuts []int
	for i := n; i > 0; i = from[i] {
		cuts = append(cuts, i)
	}
	at, unknown := 0, false
	for k := len(cuts) - 1; k >= 0; k-- {
		piece := word[at:cuts[k]]
		at = cuts[k]
		if _, ok := u.score[piece]; ok {
			out, unknown = append(out, u.t.ids[piece]), false
			continue
		}
		if u.bytes {
			for i := range len(piece) {
				out = append(out, u.byteIDs[piece[i]])
			}
		} else if u.t.unknown >= 0 && !unknown {
			out = append(out, u.t.unknown)
		}
		unknown = !u.bytes
	}
	return out
}
