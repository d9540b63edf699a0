package tokenizer

import (
	"encoding/json"
	"fmt"
)

// readModel reads the vocabulary and picks the algorithm.
func (t *Tokenizer) readModel(f *file) error {
	kind := f.Model.Type
	if kind == "" && len(f.Model.Merges) > 0 {
		kind = "BPE" // files before the type was written
	}
	switch kind {
	case "BPE":
		if err := t.readVocab(f); err != nil {
			return err
		}
		b, err := newBPE(t, f.Model)
		t.encode = b.encode
		return err
	case "WordPiece":
		if err := t.readVocab(f); err != nil {
			return err
		}
		w, err := newWordPiece(t, f.Model)
		t.encode = w.encode
		return err
	case "Unigram":
		u, err := newUnigram(t, f.Model)
		t.encode = u.encode
		return err
	}
	return unsupported("model", kind)
}

// readVocab reads a vocabulary that maps pieces to ids.
func (t *Tokenizer) readVocab(f *file) error {
	var vocab map[string]int
	if err := json.Unmarshal(f.Model.Vocab, &vocab); err != nil {
		return fmt.Errorf("%w: vocab: %w", ErrFile, err)
	}
	for piece, id := range vocab {
		if err := t.setPiece(id, piece); err != nil {
			return err
		}
	}
	if u := f.Model.UnkToken; u != nil {
		id, ok := t.ids[*u]
		if !ok {
			return fmt.Errorf("%w: the unknown token %q is not in the vocabulary", ErrFile, *u)
		}
		t.unknown = id
	}
	return nil
}
