package tokenizer

import (
	"fmt"
	"unicode/utf8"
)

// wordPiece takes the longest piece that the vocabulary knows, again and again.
type wordPiece struct {
	t        *Tokenizer
	prefix   string
	maxChars int
}

func newWordPiece(t *Tokenizer, m modelSection) (*wordPiece, error) {
	if t.unknown < 0 {
		return nil, fmt.Errorf("%w: WordPiece needs an unknown token", ErrFile)
	}
	w := &wordPiece{t: t, prefix: m.Prefix, maxChars: m.MaxChars}
	if w.maxChars <= 0 {
		w.maxChars = 100
	}
	return w, nil
}

// encode makes the whole word unknown if a part of it is.
func (w *wordPiece) encode(out []int32, word string) []int32 {
	if utf8.RuneCountInString(word) > w.maxChars {
		return append(out, w.t.unknown)
	}
	start := len(out)
	for from := 0; from < len(word); {
		id, end := w.longest(word, from)
		if end == from {
			return append(out[:start], w.t.unknown)
		}
		out = append(out, id)
		from = end
	}
	return out
}

func (w *wordPiece) longest(word string, from int) (id int32, end int) {
	for end = len(word); end > from; {
		piece := word[from:end]
		if from > 0 {
			piece = w.prefix + piece
		}
		if id, ok := w.t.ids[piece]; ok {
			return id, end
		}
		_, n := utf8.DecodeLastRuneInString(word[from:end])
		end -= n
	}
	return 0, from
}
