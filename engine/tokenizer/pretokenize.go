package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func (t *Tokenizer) readPreTokenizer(f *file) error {
	return walk("pre_tokenizer", f.PreTokenizer, func(c component) error {
		fn, err := t.preTokenizer(c)
		if err != nil {
			return err
		}
		t.split = append(t.split, fn...)
		return nil
	})
}

func (t *Tokenizer) preTokenizer(c component) ([]splitter, error) {
	switch c.Type {
	case "Split":
		s, err := splitOn(c)
		return []splitter{s}, err
	case "ByteLevel":
		return t.byteLevelSplit(c)
	case "Metaspace":
		return []splitter{metaspace(c)}, nil
	case "Digits":
		return []splitter{digits(c.Individual)}, nil
	case "Whitespace":
		re, err := compile(`\w+|[^\w\s]+`)
		return []splitter{matches(re)}, err
	case "WhitespaceSplit":
		return []splitter{each(strings.Fields)}, nil
	case "Punctuation":
		return []splitter{each(func(s string) []string { return isolate(s, isPunct) })}, nil
	case "BertPreTokenizer":
		return []splitter{each(bertWords)}, nil
	}
	return nil, unsupported("pre-tokenizer", c.Type)
}

// each applies f to every piece.
func each(f func(string) []string) splitter {
	return func(in []string, _ bool) []string {
		out := make([]string, 0, len(in))
		for _, s := range in {
			out = append(out, f(s)...)
		}
		return out
	}
}

// matches keeps what a pattern matches and drops the rest.
func matches(re pattern2) splitter {
	return each(func(s string) (out []string) {
		re.cut(s, func(piece string, match bool) {
			if match {
				out = append(out, piece)
			}
		})
		return out
	})
}

// splitOn cuts at the matches of a pattern or a literal.
func splitOn(c component) (splitter, error) {
	var expr string
	switch {
	case c.Pattern.Regex != nil:
		expr = *c.Pattern.Regex
	case c.Pattern.String != nil:
		expr = quote(*c.Pattern.String)
	default:
		return nil, unsupported("split", "without pattern")
	}
	re, err := compile(expr)
	if err != nil {
		return nil, err
	}
	keep, ok := map[string]func(out []string, piece string, match bool) []string{
		"Isolated": func(out []string, piece string, _ bool) []string { return append(out, piece) },
		"Removed": func(out []string, piece string, match bool) []string {
			if match {
				return out
			}
			return append(out, piece)
		},
		"MergedWithPrevious": func(out []string, piece string, match bool) []string {
			if match && len(out) > 0 {
				out[len(out)-1] += piece
				return out
			}
			return append(out, piece)
		},
	}[c.Behavior]
	if !ok {
		return nil, unsupported("split behavior", c.Behavior)
	}
	return each(func(s string) []string {
		var out []string
		re.cut(s, func(piece string, match bool) { out = keep(out, piece, match != c.Invert) })
		return out
	}), nil
}

// quote makes a literal of s. regexp2 has its own Escape, which also escapes
// white space in a way that its Unicode mode does not read back.
func quote(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(`\.+*?()|[]{}^$`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// byteLevelSplit cuts like GPT-2, then spells each byte as a printable rune.
func (t *Tokenizer) byteLevelSplit(c component) ([]splitter, error) {
	t.byteLevel = true
	var out []splitter
	if c.AddPrefixSpace {
		out = append(out, func(in []string, _ bool) []string {
			if len(in) > 0 && in[0] != "" && !strings.HasPrefix(in[0], " ") {
				in[0] = " " + in[0]
			}
			return in
		})
	}
	if c.UseRegex == nil || *c.UseRegex {
		re, err := compile(gpt2Pattern)
		if err != nil {
			return nil, err
		}
		out = append(out, each(func(s string) (w []string) {
			re.cut(s, func(piece string, _ bool) { w = append(w, piece) })
			return w
		}))
	}
	spell := ByteRunes()
	return append(out, each(func(s string) []string {
		b := make([]byte, 0, 2*len(s))
		for i := range len(s) {
			b = utf8.AppendRune(b, spell[s[i]])
		}
		return []string{string(b)}
	})), nil
}

// metaspace replaces spaces by a visible mark and cuts before each mark.
func metaspace(c component) splitter {
	mark := c.Replacement
	if mark == "" {
		mark = "▁"
	}
	scheme := c.PrependScheme
	if scheme == "" {
		scheme = map[bool]string{true: "always", false: "never"}[c.AddPrefixSpace]
	}
	cut := c.Split == nil || *c.Split
	return func(in []string, first bool) []string {
		var out []string
		for i, s := range in {
			s = strings.ReplaceAll(s, " ", mark)
			if (scheme == "always" || scheme == "first" && first && i == 0) && !strings.HasPrefix(s, mark) {
				s = mark + s
			}
			if !cut {
				out = append(out, s)
				continue
			}
			for {
				next := -1
				if len(s) > len(mark) {
					next = strings.Index(s[1:], mark)
				}
				if next < 0 {
					break
				}
				out = append(out, s[:next+1])
				s = s[next+1:]
			}
			out = append(out, s)
		}
		return out
	}
}

// digits separates numbers from other text, each digit alone if asked for.
func digits(individual bool) splitter {
	return each(func(s string) []string {
		if individual {
			return isolate(s, unicode.IsNumber)
		}
		var out []string
		start, was := 0, false
		for i, r := range s {
			is := unicode.IsNumber(r)
			if i > start && is != was {
				out = append(out, s[start:i])
				start = i
			}
			was = is
		}
		return append(out, s[start:])
	})
}

// isolate makes a piece of its own of every rune that is.
func isolate(s string, is func(rune) bool) []string {
	var out []string
	start := 0
	for i, r := range s {
		if !is(r) {
			continue
		}
		if i > start {
			out = append(out, s[start:i])
		}
		start = i + utf8.RuneLen(r)
		out = append(out, s[i:start])
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// bertWords cuts at white space and isolates punctuation.
func bertWords(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(s, unicode.IsSpace) {
		out = append(out, isolate(w, isPunct)...)
	}
	return out
}

// isPunct follows BERT, to which all ASCII symbols are punctuation.
func isPunct(r rune) bool {
	return r < 128 && r > 32 && r != 127 && !unicode.IsLetter(r) && !unicode.IsDigit(r) || unicode.IsPunct(r)
}
