package wire

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// Marker reads text that arrives in pieces and ends with a marker. What may be the beginning of the marker, or of
// a character, is held back until the next bytes tell.
type Marker struct {
	in     io.Reader
	marker string
	held   string
	buf    [4 << 10]byte
	done   bool
}

// NewMarker reads from r up to the marker.
func NewMarker(r io.Reader, marker string) *Marker { return &Marker{in: r, marker: marker} }

// Next returns the text that is known since the last call, never empty. It returns io.EOF after the marker, and
// io.ErrUnexpectedEOF where the text ends without one.
func (m *Marker) Next() (Frame, error) {
	for !m.done {
		n, err := m.in.Read(m.buf[:])
		m.held += string(m.buf[:n])
		if text, _, found := strings.Cut(m.held, m.marker); found {
			m.done, m.held = true, text
			break
		}
		if keep := holdBack(m.held, m.marker); keep < len(m.held) {
			text := m.held[:len(m.held)-keep]
			m.held = m.held[len(m.held)-keep:]
			return Frame{Data: []byte(text)}, nil
		}
		if errors.Is(err, io.EOF) {
			return Frame{}, io.ErrUnexpectedEOF
		}
		if err != nil {
			return Frame{}, err
		}
	}
	if m.held == "" {
		return Frame{}, io.EOF
	}
	text := m.held
	m.held = ""
	return Frame{Data: []byte(text)}, nil
}

// holdBack counts the bytes at the end of s that may begin the marker or a character.
func holdBack(s, marker string) int {
	for n := min(len(s), len(marker)-1); n > 0; n-- {
		if strings.HasSuffix(s, marker[:n]) {
			return n
		}
	}
	for n := 1; n <= min(len(s), utf8.UTFMax-1); n++ {
		if tail := s[len(s)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRuneInString(tail) {
				return n
			}
			break
		}
	}
	return 0
}
