package tokenizer

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Tokenizer turns text into ids and back. It is safe for concurrent use.
type Tokenizer struct {
	pieces     []string // by id; "" where the vocabulary has a hole
	ids        map[string]int32
	special    []bool
	added      addedSet
	normalize  []func(string) string
	split      []splitter
	encode     func(out []int32, word string) []int32
	prefix     []int32 // what the post-processor puts before the text
	suffix     []int32
	byteLevel  bool
	dec        decoding
	unknown    int32 // -1: none
	maxID      int
	components file
}

// splitter cuts each piece further. first tells that a piece begins the text.
type splitter func(in []string, first bool) []string

// Parse reads the content of a tokenizer.json.
func Parse(data []byte) (*Tokenizer, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("%w: %d bytes are too many", ErrFile, len(data))
	}
	t := &Tokenizer{ids: map[string]int32{}, unknown: -1}
	if err := json.Unmarshal(data, &t.components); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	// Ids may have holes, but not so many that a small file takes much memory.
	t.maxID = min(maxID, len(data)+1<<16)
	f := &t.components
	for _, step := range []func(*file) error{t.readModel, t.readAdded, t.readNormalizer, t.readPreTokenizer, t.readPostProcessor, t.readDecoder} {
		if err := step(f); err != nil {
			return nil, err
		}
	}
	t.components = file{}
	return t, nil
}

// Size is one more than the largest id.
func (t *Tokenizer) Size() int { return len(t.pieces) }

// ID is the id of a piece as it stands in the vocabulary.
func (t *Tokenizer) ID(piece string) (int32, bool) {
	id, ok := t.ids[piece]
	return id, ok
}

// Special tells whether an id is a control token, which decoding leaves out.
func (t *Tokenizer) Special(id int32) bool {
	return id >= 0 && int(id) < len(t.special) && t.special[id]
}

// Encode turns text into ids. Control tokens that stand in the text are
// recognised; addSpecial also adds those of the post-processor, as a begin of text.
// Bytes that are no UTF-8 count as U+FFFD.
func (t *Tokenizer) Encode(text string, addSpecial bool) []int32 {
	if !utf8.ValidString(text) {
		text = validText(text)
	}
	var out []int32
	if addSpecial {
		out = append(out, t.prefix...)
	}
	first := true
	t.added.cut(text, func(plain string, id int32) {
		if id >= 0 {
			out = append(out, id)
		} else {
			out = t.encodePlain(out, plain, first)
		}
		first = false
	})
	if addSpecial {
		out = append(out, t.suffix...)
	}
	return out
}

// encodePlain encodes text without control tokens.
func (t *Tokenizer) encodePlain(out []int32, text string, first bool) []int32 {
	for _, f := range t.normalize {
		text = f(text)
	}
	if text == "" {
		return out
	}
	words := []string{text}
	for _, f := range t.split {
		words = f(words, first)
	}
	for _, w := range words {
		if w != "" {
			out = t.encode(out, w)
		}
	}
	return out
}

// setPiece records that id stands for piece.
func (t *Tokenizer) setPiece(id int, piece string) error {
	if id < 0 || id > t.maxID || len(piece) > maxPiece {
		return fmt.Errorf("%w: id %d of a piece of %d bytes is out of range", ErrFile, id, len(piece))
	}
	for len(t.pieces) <= id {
		t.pieces = append(t.pieces, make([]string, id+1-len(t.pieces))...)
	}
	t.pieces[id] = piece
	t.ids[piece] = int32(id)
	return nil
}
