package chat

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
)

// TestGolden compares with @huggingface/jinja (see engine/testdata/gen).
func TestGolden(t *testing.T) {
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name, Source, Want string
		Refused            bool
		Messages           []Message
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			tpl, err := New(c.Source, Tokens{BOS: "<s>", EOS: "</s>"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := tpl.Render(c.Messages)
			if c.Refused {
				if !errors.Is(err, ErrRefused) {
					t.Errorf("%v: got %q, %v; want a refusal", c.Messages, got, err)
				}
				return
			}
			if err != nil || got != c.Want {
				t.Errorf("%v:\n got %q, %v\nwant %q", c.Messages, got, err, c.Want)
			}
		})
	}
}
