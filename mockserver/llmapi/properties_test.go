package llmapi

import (
	"slices"
	"strings"
	"testing"
)

func TestProperties(t *testing.T) {
	for _, c := range []struct {
		text string
		want []property
	}{
		{"", nil},
		{"# a\n! b\n\n  \t\n", nil},
		{"a=b", []property{{"a", "b", 1}}},
		{"  a  =  b c \n", []property{{"a", "b c ", 1}}},
		{"a:b\nc d\ne\nf==g\n", []property{{"a", "b", 1}, {"c", "d", 2}, {"e", "", 3}, {"f", "=g", 4}}},
		{"a=b\\\n   c\\\n\td\r\ne=f", []property{{"a", "bcd", 1}, {"e", "f", 4}}},
		{"a=b\\\\\nc=d", []property{{"a", `b\`, 1}, {"c", "d", 2}}},
		{"a=b\\", []property{{"a", "b", 1}}},
		{"a=b\\\n# no comment", []property{{"a", "b# no comment", 1}}},
		{`a\ b\=c=\t\n\r\f\u00e9\q`, []property{{"a b=c", "\t\n\r\f\u00e9q", 1}}},
		{"a=1\na=2", []property{{"a", "1", 1}, {"a", "2", 2}}},
	} {
		if got, err := parseProperties(c.text); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: %+v, %v, want %+v", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{`a=\u12`, `a=\uzzzz`} {
		if _, err := parseProperties("x=y\n" + text); err == nil || !strings.HasPrefix(err.Error(), "line 2: ") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
