package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// Stream decodes token by token. What it returns is always valid UTF-8: the
// bytes of an unfinished character wait for the next token.
type Stream struct {
	t     *Tokenizer
	held  []byte
	begun bool // a token was pushed
	strip int  // contents still to be taken off the beginning
}

// Stream starts an empty text.
func (t *Tokenizer) Stream() *Stream {
	return &Stream{t: t, strip: t.dec.stripCount}
}

// Push adds a token and returns the text that is certain now. Control tokens add nothing.
func (s *Stream) Push(id int32) string {
	if s.t.Special(id) || id < 0 || int(id) >= len(s.t.pieces) {
		return ""
	}
	d := &s.t.dec
	first := !s.begun
	s.begun = true
	if d.wordPiece {
		return d.wordPieceText(s.t.pieces[id], first)
	}
	if !d.joined && !first {
		s.held = append(s.held, ' ')
	}
	s.held = append(s.held, s.t.Bytes(id)...)
	for s.strip > 0 && d.stripContent != "" && strings.HasPrefix(string(s.held), d.stripContent) {
		s.held = s.held[len(d.stripContent):]
		s.strip--
	}
	if len(s.held) > 0 {
		s.strip = 0
	}
	return s.take(false)
}

// Flush returns what waited for a character that never came.
func (s *Stream) Flush() string { return s.take(true) }

// take cuts the finished characters off the held bytes. Each longest possible
// beginning of a broken character becomes one U+FFFD, as in Unicode's
// recommended practice and in Rust, in which the reference tokenizers are written.
func (s *Stream) take(end bool) string {
	var b strings.Builder
	for len(s.held) > 0 {
		r, n := utf8.DecodeRune(s.held)
		if r == utf8.RuneError && n <= 1 {
			if !end && !utf8.FullRune(s.held) {
				break
			}
			n = brokenLen(s.held)
			b.WriteRune(utf8.RuneError)
		} else {
			b.Write(s.held[:n])
		}
		s.held = s.held[n:]
	}
	return b.String()
}

// brokenLen is the length of the broken character at the beginning of b.
func brokenLen(b []byte) int {
	for n := min(len(b), 3); n > 1; n-- {
		if !utf8.FullRune(b[:n]) {
			return n
		}
	}
	return 1
}

// Replacement stands for bytes that are no UTF-8.
const Replacement = string(utf8.RuneError)

// validText replaces what is no UTF-8, as Stream does.
func validText(s string) string {
	v := Stream{held: []byte(s)}
	return v.take(true)
}
