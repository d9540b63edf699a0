package tokenizer

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// addedSet finds added tokens in text: leftmost first, the longest of those that
// start at the same place.
type addedSet struct {
	byFirst map[byte][]addedToken // sorted by length, longest first
}

func (t *Tokenizer) readAdded(f *file) error {
	t.added.byFirst = map[byte][]addedToken{}
	for _, a := range f.AddedTokens {
		if a.Content == "" {
			return fmt.Errorf("%w: added token %d is empty", ErrFile, a.ID)
		}
		if err := t.setPiece(a.ID, a.Content); err != nil {
			return err
		}
		t.added.byFirst[a.Content[0]] = append(t.added.byFirst[a.Content[0]], a)
	}
	for _, list := range t.added.byFirst {
		slices.SortStableFunc(list, func(a, b addedToken) int { return len(b.Content) - len(a.Content) })
	}
	t.special = make([]bool, len(t.pieces))
	for _, a := range f.AddedTokens {
		t.special[a.ID] = a.Special
	}
	return nil
}

// cut calls yield for each stretch of text between added tokens (id -1) and for
// each added token.
func (s addedSet) cut(text string, yield func(plain string, id int32)) {
	from := 0
	for i := 0; i < len(text); {
		a, ok := s.at(text, i)
		if !ok {
			i++
			continue
		}
		start, end := i, i+len(a.Content)
		if a.Lstrip {
			start = from + len(strings.TrimRightFunc(text[from:start], unicode.IsSpace))
		}
		if a.Rstrip {
			end = len(text) - len(strings.TrimLeftFunc(text[end:], unicode.IsSpace))
		}
		if start > from {
			yield(text[from:start], -1)
		}
		yield("", int32(a.ID))
		from, i = end, end
	}
	if from < len(text) {
		yield(text[from:], -1)
	}
}

// at is the longest added token that stands at position i.
func (s addedSet) at(text string, i int) (addedToken, bool) {
	for _, a := range s.byFirst[text[i]] {
		if strings.HasPrefix(text[i:], a.Content) && (!a.SingleWord || wordBounds(text, i, i+len(a.Content))) {
			return a, true
		}
	}
	return addedToken{}, false
}

// wordBounds tells whether text[i:j] stands alone between non-word characters.
func wordBounds(text string, i, j int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[j:])
	return (i == 0 || !isWord(before)) && (j == len(text) || !isWord(after))
}

func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.M, r)
}
