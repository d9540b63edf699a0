package llmapi

import (
	"fmt"
	"strconv"
	"strings"
)

// property is one entry of a properties file.
type property struct {
	key, value string
	line       int // where it begins
}

// parseProperties reads the syntax of java.util.Properties: comments with # or !, a line that ends with a backslash
// goes on with the next, keys end at =, : or white space, and \t \n \r \f \uXXXX are escapes.
func parseProperties(text string) ([]property, error) {
	var out []property
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	for i := 0; i < len(lines); i++ {
		line, first := strings.TrimLeft(lines[i], blanks), i+1
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		for continues(line) && i+1 < len(lines) {
			i++
			line = line[:len(line)-1] + strings.TrimLeft(lines[i], blanks)
		}
		if continues(line) {
			line = line[:len(line)-1]
		}
		rawKey, rawValue := splitProperty(line)
		p := property{line: first}
		var err error
		if p.key, err = unescape(rawKey); err == nil {
			p.value, err = unescape(rawValue)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", first, err)
		}
		out = append(out, p)
	}
	return out, nil
}

const blanks = " \t\f"

// continues reports whether a line ends with a backslash that nothing escapes.
func continues(line string) bool {
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}

// splitProperty cuts a line where the key ends.
func splitProperty(line string) (key, value string) {
	end := len(line)
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
		} else if strings.IndexByte("=:"+blanks, line[i]) >= 0 {
			end = i
			break
		}
	}
	key, value = line[:end], strings.TrimLeft(line[end:], blanks)
	if value != "" && (value[0] == '=' || value[0] == ':') {
		value = strings.TrimLeft(value[1:], blanks)
	}
	return key, value
}

// unescape resolves the escapes of a key or a value; a backslash before any other character stands for it.
func unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if s[i] == 'u' {
			if i+5 > len(s) {
				return "", fmt.Errorf(`\u needs four hexadecimal digits`)
			}
			n, err := strconv.ParseUint(s[i+1:i+5], 16, 16)
			if err != nil {
				return "", fmt.Errorf(`\u needs four hexadecimal digits, got %q`, s[i+1:i+5])
			}
			b.WriteRune(rune(n))
			i += 4
			continue
		}
		if at := strings.IndexByte("tnrf", s[i]); at >= 0 {
			b.WriteByte("\t\n\r\f"[at])
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String(), nil
}
