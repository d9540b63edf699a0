package launcher

import (
	"fmt"
	"slices"
	"strings"
)

// SplitLine splits a line into words at its blanks. Quotes of either kind keep blanks, and so do the braces of a
// placeholder; nothing else has a meaning, the backslash of Windows paths included. What only a shell could do is
// an error instead of an argument that surprises the program.
func SplitLine(line string) ([]string, error) {
	var words []string
	for rest := strings.TrimSpace(line); rest != ""; rest = strings.TrimLeft(rest, " \t\r\n") {
		word, quoted, n, err := firstWord(rest)
		if err != nil {
			return nil, err
		}
		if !quoted && slices.Contains([]string{"|", "||", "&", "&&", ";", "<", ">", ">>", "2>&1", "2>"}, word) {
			return nil, fmt.Errorf("has %s, but no shell runs it", word)
		}
		words, rest = append(words, word), rest[n:]
	}
	return words, nil
}

// firstWord returns the word that text begins with, and its length there.
func firstWord(text string) (word string, quoted bool, n int, err error) {
	var b strings.Builder
	for n < len(text) && !strings.ContainsRune(" \t\r\n", rune(text[n])) {
		open := text[n : n+1]
		closing := open
		switch {
		case open == `"` || open == "'":
			quoted = true
		case strings.HasPrefix(text[n:], "{{"):
			open, closing = "{{", "}}"
		default:
			b.WriteString(open)
			n++
			continue
		}
		inside, _, found := strings.Cut(text[n+len(open):], closing)
		if !found {
			return "", false, 0, fmt.Errorf("has %s without %s", open, closing)
		}
		if closing == "}}" {
			inside = open + inside + closing
			n += len(inside)
		} else {
			n += len(inside) + 2
		}
		b.WriteString(inside)
	}
	return b.String(), quoted, n, nil
}
