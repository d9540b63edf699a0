package tokenizer

import (
	"encoding/json"
	"fmt"
)

// readPostProcessor finds what stands before and after a single text.
func (t *Tokenizer) readPostProcessor(f *file) error {
	return walk("post_processor", f.PostProcessor, func(c component) error {
		switch c.Type {
		case "ByteLevel": // only offsets, which nobody asks for here
			return nil
		case "TemplateProcessing":
			return t.template(c)
		case "BertProcessing", "RobertaProcessing":
			return t.clsSep(c)
		}
		return unsupported("post-processor", c.Type)
	})
}

func (t *Tokenizer) template(c component) error {
	into := &t.prefix
	for _, p := range c.Single {
		if p.Sequence != nil {
			into = &t.suffix
			continue
		}
		if p.SpecialToken == nil {
			return unsupported("template piece", "without token or sequence")
		}
		for _, id := range c.SpecialTokens[p.SpecialToken.ID].IDs {
			if id < 0 || id >= len(t.pieces) {
				return fmt.Errorf("%w: template token %q has id %d outside the vocabulary", ErrFile, p.SpecialToken.ID, id)
			}
			*into = append(*into, int32(id))
		}
	}
	return nil
}

// clsSep reads the older form of the same: ["[CLS]", 101] and ["[SEP]", 102].
func (t *Tokenizer) clsSep(c component) error {
	for _, x := range []struct {
		raw  json.RawMessage
		into *[]int32
	}{{c.Cls, &t.prefix}, {c.Sep, &t.suffix}} {
		var pair [2]json.RawMessage
		var id int
		if err := json.Unmarshal(x.raw, &pair); err != nil {
			return fmt.Errorf("%w: post_processor: %w", ErrFile, err)
		}
		if err := json.Unmarshal(pair[1], &id); err != nil {
			return fmt.Errorf("%w: post_processor: %w", ErrFile, err)
		}
		if id < 0 || id >= len(t.pieces) {
			return fmt.Errorf("%w: post_processor names id %d outside the vocabulary", ErrFile, id)
		}
		*x.into = append(*x.into, int32(id))
	}
	return nil
}
