package wire

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// MarkerFrame names the frame that stands for the marker itself.
const MarkerFrame = "marker"

// Marker reads text that arrives in pieces and ends with a marker. What may be the beginning of the marker, or of
// a character, is held back until the next bytes tell.
type Marker struct {
	in     io.Reader
	marker string
	held   string
	buf    [4 << 10]byte
	found  bool // the marker was read
	told   bool // its frame was handed out
}

// NewMarker reads from r up to the marker.
func NewMarker(r io.Reader, marker string) *Marker { return &Marker{in: r, marker: marker} }

// Next returns the text that is known since the last call, never empty; then a frame for the marker, so that a text
// that ends by it is told from one that was cut; then io.EOF. Where the text ends without a marker it returns
// io.ErrUnexpectedEOF.
func (m *Marker) Next() (Frame, error) {
	for !m.found {
		n, err := m.in.Read(m.buf[:])
		m.held += string(m.buf[:n])
		if text, _, found := strings.Cut(m.held, m.marker); found {
			m.found, m.held = true, text
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
	switch {
	case m.held != "":
		text := m.held
		m.held = ""
		return Frame{Data: []byte(text)}, nil
	case !m.told:
		m.told = true
		return Frame{Name: MarkerFrame}, nil
	}
	return Frame{}, io.EOF
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
