package main

import (
	"strings"
	"testing"
)

func TestIndented(t *testing.T) {
	fifteen := strings.TrimSpace(strings.Repeat("word ", 15))
	for _, c := range []struct {
		name   string
		writes []string
		want   string
	}{
		{"nothing", nil, ""},
		{"one word in two frames", []string{"Hel", "lo"}, "    Hello"},
		{"a line break", []string{"a\n", "b"}, "    a\n    b"},
		{"a long line breaks at a space", []string{fifteen + " " + fifteen}, "    " + fifteen + "\n    " + fifteen},
		{"letters of several bytes", []string{"é", "世"}, "    é世"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			w := &indented{out: &out}
			for _, s := range c.writes {
				if n, err := w.Write([]byte(s)); n != len(s) || err != nil {
					t.Fatalf("Write(%q) = %d, %v", s, n, err)
				}
			}
			if out.String() != c.want {
				t.Errorf("got %q, want %q", out.String(), c.want)
			}
		})
	}
}
