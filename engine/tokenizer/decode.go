package tokenizer

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// decoding is what the decoder section asks for, as facts instead of steps: the
// same facts serve whole texts and streams.
type decoding struct {
	runeByte     map[rune]byte // byte-level spelling; nil: none
	replace      [][2]string
	byteFallback bool
	stripContent string // taken off the beginning of the text
	stripCount   int
	wordPiece    bool
	prefix       string // of a WordPiece that continues a word
	cleanup      bool
	joined       bool // pieces are put together without spaces
}

func (t *Tokenizer) readDecoder(f *file) error {
	d := &t.dec
	d.joined = len(f.Decoder) > 0 && string(f.Decoder) != "null"
	return walk("decoder", f.Decoder, func(c component) error {
		switch c.Type {
		case "ByteLevel":
			d.runeByte = make(map[rune]byte, 256)
			for b, r := range ByteRunes() {
				d.runeByte[r] = byte(b)
			}
		case "Replace":
			if c.Pattern.String == nil {
				return unsupported("decoder replace", "by pattern")
			}
			d.replace = append(d.replace, [2]string{*c.Pattern.String, c.Content})
		case "Metaspace":
			mark := c.Replacement
			if mark == "" {
				mark = "▁"
			}
			d.replace = append(d.replace, [2]string{mark, " "})
			if c.PrependScheme == "always" || c.PrependScheme == "first" || c.PrependScheme == "" && c.AddPrefixSpace {
				d.stripContent, d.stripCount = " ", 1
			}
		case "ByteFallback":
			d.byteFallback = true
		case "Fuse":
		case "Strip":
			if c.Stop > 0 {
				return unsupported("decoder strip", "at the end")
			}
			d.stripContent, d.stripCount = c.Content, c.Start
		case "WordPiece":
			d.wordPiece, d.prefix, d.cleanup = true, c.Prefix, c.Cleanup
		default:
			return unsupported("decoder", c.Type)
		}
		return nil
	})
}

// Bytes are the bytes that a token adds to a text. Parts of a character are
// possible; control tokens give their name.
func (t *Tokenizer) Bytes(id int32) []byte {
	if id < 0 || int(id) >= len(t.pieces) {
		return nil
	}
	piece := t.pieces[id]
	if t.Special(id) {
		return []byte(piece)
	}
	d := &t.dec
	if d.runeByte != nil {
		out := make([]byte, 0, len(piece))
		for _, r := range piece {
			if b, ok := d.runeByte[r]; ok {
				out = append(out, b)
			} else {
				out = utf8.AppendRune(out, r)
			}
		}
		return out
	}
	if d.byteFallback && len(piece) == 6 && strings.HasPrefix(piece, "<0x") && piece[5] == '>' {
		if b, err := strconv.ParseUint(piece[3:5], 16, 8); err == nil {
			return []byte{byte(b)}
		}
	}
	for _, r := range d.replace {
		piece = strings.ReplaceAll(piece, r[0], r[1])
	}
	return []byte(piece)
}

// Decode turns ids into text, without control tokens. Bytes that are no UTF-8
// become U+FFFD.
func (t *Tokenizer) Decode(ids []int32) string {
	s := t.Stream()
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(s.Push(id))
	}
	b.WriteString(s.Flush())
	return b.String()
}

// cleanups undo the spaces that WordPiece decoding puts before punctuation.
var cleanups = strings.NewReplacer(" .", ".", " ?", "?", " !", "!", " ,", ",", " ' ", "'", " n't", "n't", " 'm", "'m", " do not", " don't", " 's", "'s", " 've", "'ve", " 're", "'re")

// wordPieceText is the text of one WordPiece token.
func (d *decoding) wordPieceText(piece string, first bool) string {
	if !first {
		if rest, ok := strings.CutPrefix(piece, d.prefix); ok {
			piece = rest
		} else {
			piece = " " + piece
		}
	}
	if d.cleanup {
		piece = cleanups.Replace(piece)
	}
	return piece
}

// ByteRunes is GPT-2's spelling of bytes: printable ones as themselves, the
// others as runes from 256 on.
func ByteRunes() [256]rune {
	var out [256]rune
	next := rune(256)
	for b := range out {
		if b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae {
			out[b] = rune(b)
			continue
		}
		out[b] = next
		next++
	}
	return out
}
