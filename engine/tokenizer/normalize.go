package tokenizer

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

func (t *Tokenizer) readNormalizer(f *file) error {
	return walk("normalizer", f.Normalizer, func(c component) error {
		fn, err := normalizer(c)
		if err != nil {
			return err
		}
		t.normalize = append(t.normalize, fn)
		return nil
	})
}

func normalizer(c component) (func(string) string, error) {
	switch c.Type {
	case "NFC":
		return norm.NFC.String, nil
	case "NFD":
		return norm.NFD.String, nil
	case "NFKC":
		return norm.NFKC.String, nil
	case "NFKD":
		return norm.NFKD.String, nil
	case "Lowercase":
		return strings.ToLower, nil
	case "StripAccents":
		return stripMarks, nil
	case "Prepend":
		return func(s string) string {
			if s == "" {
				return s
			}
			return c.Prepend + s
		}, nil
	case "Strip":
		return func(s string) string {
			if c.StripLeft {
				s = strings.TrimLeftFunc(s, unicode.IsSpace)
			}
			if c.StripRight {
				s = strings.TrimRightFunc(s, unicode.IsSpace)
			}
			return s
		}, nil
	case "Replace":
		return replacer(c)
	case "BertNormalizer":
		return bertNormalizer(c), nil
	case "Nmt":
		return nmt, nil
	case "Precompiled":
		m, err := newCharsmap(c.Charsmap)
		if err != nil {
			return nil, err
		}
		return m.normalize, nil
	}
	return nil, unsupported("normalizer", c.Type)
}

// replacer replaces a literal or every match of a pattern.
func replacer(c component) (func(string) string, error) {
	if c.Pattern.String != nil {
		return func(s string) string { return strings.ReplaceAll(s, *c.Pattern.String, c.Content) }, nil
	}
	if c.Pattern.Regex == nil {
		return nil, unsupported("replace", "without pattern")
	}
	re, err := compile(*c.Pattern.Regex)
	if err != nil {
		return nil, err
	}
	return func(s string) string {
		var b strings.Builder
		re.cut(s, func(piece string, match bool) {
			if match {
				piece = c.Content
			}
			b.WriteString(piece)
		})
		return b.String()
	}, nil
}

// stripMarks removes non-spacing marks; the caller has decomposed the text.
func stripMarks(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, s)
}

// nmt drops control characters and makes a space of every kind of white space, as
// sentencepiece's nmt rules do.
func nmt(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0x01 && r <= 0x08, r == 0x0b, r >= 0x0e && r <= 0x1f, r == 0x7f, r == 0x8f, r == 0x9f:
			return -1
		case r == '\t', r == '\n', r == '\f', r == '\r', r == 0x1680, r >= 0x200b && r <= 0x200f, r == 0x2028, r == 0x2029, r == 0x2581, r == 0xfeff, r == 0xfffd:
			return ' '
		}
		return r
	}, s)
}

// bertNormalizer cleans, spaces out ideographs, strips accents and lowers case, each if asked for.
func bertNormalizer(c component) func(string) string {
	accents := c.Lowercase
	if c.StripAccents != nil {
		accents = *c.StripAccents
	}
	return func(s string) string {
		var b strings.Builder
		for _, r := range s {
			switch {
			case c.CleanText && (r == 0 || r == unicode.ReplacementChar || isControl(r)):
			case c.CleanText && unicode.IsSpace(r):
				b.WriteByte(' ')
			case c.HandleChinese && isIdeograph(r):
				b.WriteByte(' ')
				b.WriteRune(r)
				b.WriteByte(' ')
			default:
				b.WriteRune(r)
			}
		}
		s = b.String()
		if accents {
			s = stripMarks(norm.NFD.String(s))
		}
		if c.Lowercase {
			s = strings.ToLower(s)
		}
		return s
	}
}

// isControl follows BERT: category C, but tab and line ends are white space.
func isControl(r rune) bool {
	return r != '\t' && r != '\n' && r != '\r' && unicode.Is(unicode.C, r)
}

// ideographs are the blocks that BERT surrounds with spaces.
var ideographs = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x3400, Hi: 0x4dbf, Stride: 1}, {Lo: 0x4e00, Hi: 0x9fff, Stride: 1}, {Lo: 0xf900, Hi: 0xfaff, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0x20000, Hi: 0x2a6df, Stride: 1}, {Lo: 0x2a700, Hi: 0x2ceaf, Stride: 1}, {Lo: 0x2f800, Hi: 0x2fa1f, Stride: 1}},
}

func isIdeograph(r rune) bool { return unicode.Is(ideographs, r) }
