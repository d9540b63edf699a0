package tokenizer

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/rivo/uniseg"
)

// charsmap is sentencepiece's precompiled normalisation: a double-array trie from
// characters to offsets into a text of replacements, each ended by a zero byte.
// Layout: the size of the trie in bytes, its units, then the text
// (sentencepiece, src/normalizer.cc; darts-clone for the units).
type charsmap struct {
	units []uint32
	text  string
}

func newCharsmap(encoded string) (*charsmap, error) {
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("%w: precompiled_charsmap: %w", ErrFile, err)
	}
	if len(data) < 4 {
		return nil, fmt.Errorf("%w: precompiled_charsmap has %d bytes", ErrFile, len(data))
	}
	size := binary.LittleEndian.Uint32(data)
	data = data[4:]
	if int64(size) > int64(len(data)) || size%4 != 0 || size == 0 {
		return nil, fmt.Errorf("%w: precompiled_charsmap has a trie of %d bytes in %d", ErrFile, size, len(data))
	}
	m := &charsmap{text: string(data[size:])}
	for i := uint32(0); i < size; i += 4 {
		m.units = append(m.units, binary.LittleEndian.Uint32(data[i:]))
	}
	return m, nil
}

// The parts of a unit: the label of the edge that leads to it, whether a key ends
// there, and the distance to its children. A value has the label's top bit.
const (
	unitLabel = 1<<31 | 0xff
	unitLeaf  = 1 << 8
	unitValue = 1<<31 - 1
)

func unitOffset(u uint32) uint32 { return u >> 10 << (u & (1 << 9) >> 6) }

// find is the replacement of the shortest key that s begins with.
func (m *charsmap) find(s string) (string, bool) {
	at := unitOffset(m.units[0])
	for i := range len(s) {
		at ^= uint32(s[i])
		if s[i] == 0 || int(at) >= len(m.units) || m.units[at]&unitLabel != uint32(s[i]) {
			return "", false
		}
		u := m.units[at]
		at ^= unitOffset(u)
		if u&unitLeaf == 0 {
			continue
		}
		if int(at) >= len(m.units) || int(m.units[at]&unitValue) > len(m.text) {
			return "", false
		}
		out, _, _ := strings.Cut(m.text[m.units[at]&unitValue:], "\x00")
		return out, true
	}
	return "", false
}

// longestKey is the most bytes of a grapheme that is looked up as a whole.
const longestKey = 5

// normalize replaces graphemes, or else their characters, as the Rust library
// does: where a beginning of a grapheme is known, its replacement stands for all.
func (m *charsmap) normalize(s string) string {
	var b strings.Builder
	state := -1
	for len(s) > 0 {
		var cluster string
		cluster, s, _, state = uniseg.FirstGraphemeClusterInString(s, state)
		if len(cluster) <= longestKey {
			if out, ok := m.find(cluster); ok {
				b.WriteString(out)
				continue
			}
		}
		for i, r := range cluster {
			part := cluster[i : i+len(string(r))]
			if out, ok := m.find(part); ok {
				part = out
			}
			b.WriteString(part)
		}
	}
	return b.String()
}
