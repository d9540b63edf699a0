package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrFile wraps every error about the content of a tokenizer file.
var ErrFile = errors.New("tokenizer.json")

// Bounds of what a file may hold. They are far above any published tokenizer and
// keep a hostile one from exhausting memory.
const (
	maxFile  = 64 << 20
	maxID    = 4 << 20
	maxPiece = 64 << 10
)

// file is tokenizer.json as far as it is read.
type file struct {
	AddedTokens   []addedToken    `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Decoder       json.RawMessage `json:"decoder"`
	Model         modelSection    `json:"model"`
}

type addedToken struct {
	ID         int    `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	Lstrip     bool   `json:"lstrip"`
	Rstrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

type modelSection struct {
	Type         string            `json:"type"`
	Vocab        json.RawMessage   `json:"vocab"` // object for BPE and WordPiece, list of pairs for Unigram
	Merges       []json.RawMessage `json:"merges"`
	UnkToken     *string           `json:"unk_token"`
	UnkID        *int              `json:"unk_id"`
	ByteFallback bool              `json:"byte_fallback"`
	IgnoreMerges bool              `json:"ignore_merges"`
	FuseUnk      bool              `json:"fuse_unk"`
	Prefix       string            `json:"continuing_subword_prefix"`
	Suffix       string            `json:"end_of_word_suffix"`
	MaxChars     int               `json:"max_input_chars_per_word"`
}

// component is any normalizer, pre-tokenizer, post-processor or decoder: the
// union of their fields.
type component struct {
	Type           string            `json:"type"`
	Normalizers    []json.RawMessage `json:"normalizers"`
	Pretokenizers  []json.RawMessage `json:"pretokenizers"`
	Processors     []json.RawMessage `json:"processors"`
	Decoders       []json.RawMessage `json:"decoders"`
	Pattern        pattern           `json:"pattern"`
	Content        string            `json:"content"`
	Prepend        string            `json:"prepend"`
	Behavior       string            `json:"behavior"`
	Invert         bool              `json:"invert"`
	AddPrefixSpace bool              `json:"add_prefix_space"`
	PrependScheme  string            `json:"prepend_scheme"`
	Split          *bool             `json:"split"`
	Replacement    string            `json:"replacement"`
	UseRegex       *bool             `json:"use_regex"`
	Individual     bool              `json:"individual_digits"`
	Lowercase      bool              `json:"lowercase"`
	StripAccents   *bool             `json:"strip_accents"`
	CleanText      bool              `json:"clean_text"`
	HandleChinese  bool              `json:"handle_chinese_chars"`
	Charsmap       string            `json:"precompiled_charsmap"`
	StripLeft      bool              `json:"strip_left"`
	StripRight     bool              `json:"strip_right"`
	Single         []templatePiece   `json:"single"`
	SpecialTokens  map[string]struct {
		IDs []int `json:"ids"`
	} `json:"special_tokens"`
	Cls     json.RawMessage `json:"cls"`
	Sep     json.RawMessage `json:"sep"`
	Start   int             `json:"start"`
	Stop    int             `json:"stop"`
	Prefix  string          `json:"prefix"`
	Cleanup bool            `json:"cleanup"`
}

type pattern struct {
	Regex  *string `json:"Regex"`
	String *string `json:"String"`
}

type templatePiece struct {
	SpecialToken *struct {
		ID string `json:"id"`
	} `json:"SpecialToken"`
	Sequence *struct {
		ID string `json:"id"`
	} `json:"Sequence"`
}

// walk calls f for each component of a section, sequences flattened in order.
func walk(section string, raw json.RawMessage, f func(component) error) error {
	return walkDepth(section, raw, f, 0)
}

func walkDepth(section string, raw json.RawMessage, f func(component) error, depth int) error {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil
	}
	if depth > 8 {
		return fmt.Errorf("%w: %s is nested too deeply", ErrFile, section)
	}
	var c component
	if err := json.Unmarshal(raw, &c); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrFile, section, err)
	}
	if c.Type != "Sequence" {
		return f(c)
	}
	for _, list := range [][]json.RawMessage{c.Normalizers, c.Pretokenizers, c.Processors, c.Decoders} {
		for _, r := range list {
			if err := walkDepth(section, r, f, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// unsupported is the error for a component that would change the tokens silently.
func unsupported(section, what string) error {
	return fmt.Errorf("%w: %s %q is not supported", ErrFile, section, what)
}
