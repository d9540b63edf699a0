package tokenizer

import (
	"fmt"

	"github.com/dlclark/regexp2"
)

// gpt2Pattern is the split of the ByteLevel pre-tokenizer (GPT-2's encoder).
const gpt2Pattern = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

// pattern2 is a regular expression with look-around, which the standard library has not.
type pattern2 struct{ re *regexp2.Regexp }

func compile(expr string) (pattern2, error) {
	if len(expr) > maxPiece {
		return pattern2{}, fmt.Errorf("%w: pattern of %d bytes", ErrFile, len(expr))
	}
	re, err := regexp2.Compile(expr, regexp2.Unicode)
	if err != nil {
		return pattern2{}, fmt.Errorf("%w: pattern: %w", ErrFile, err)
	}
	return pattern2{re}, nil
}

// cut yields the matches of s and what stands between them, in order.
func (p pattern2) cut(s string, yield func(piece string, match bool)) {
	runes := []rune(s)
	last := 0
	for m, _ := p.re.FindRunesMatch(runes); m != nil; m, _ = p.re.FindNextMatch(m) {
		if m.Length == 0 {
			continue
		}
		if m.Index > last {
			yield(string(runes[last:m.Index]), false)
		}
		last = m.Index + m.Length
		yield(string(runes[m.Index:last]), true)
	}
	if last < len(runes) {
		yield(string(runes[last:]), false)
	}
}
