package engine_test

import (
	"io/fs"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/inference-iac/terraform-provider-inference/engine/checkpoint"
	"github.com/inference-iac/terraform-provider-inference/engine/sample"
	"github.com/inference-iac/terraform-provider-inference/engine/tokenizer"
)

// TestStopStringsLaw draws tokens that hold single bytes of characters, whole and
// broken ones, and a group of stop strings: what streams out is the decoded text
// up to the first stop string, wherever tokens and characters end.
func TestStopStringsLaw(t *testing.T) {
	data, err := fs.ReadFile(checkpoint.Files(), "tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	var single [256]int32 // the token of each byte
	for id := range int32(256) {
		b := tok.Bytes(id)
		if len(b) != 1 {
			t.Fatalf("token %d has bytes %q", id, b)
		}
		single[b[0]] = id
	}
	// Few letters, so that stop strings occur: é, 🙂, a lone continuation, a
	// beginning without end, and a long token.
	parts := []string{"a", "b", "é", "🙂", "\x99", "\xf0\x9f", "\xc3", "é🙂"}
	stops := []string{"ab", "é", "a🙂", "🙂é", tokenizer.Replacement, tokenizer.Replacement + "a", "b" + tokenizer.Replacement + tokenizer.Replacement, " token"}
	rapid.Check(t, func(t *rapid.T) {
		var ids []int32
		for range rapid.IntRange(0, 12).Draw(t, "parts") {
			part := rapid.SampledFrom(append(parts, " token")).Draw(t, "part")
			if part == " token" {
				ids = append(ids, tok.Encode(part, false)...)
				continue
			}
			for i := range len(part) {
				ids = append(ids, single[part[i]])
			}
		}
		group := rapid.SliceOfN(rapid.SampledFrom(stops), 0, 3).Draw(t, "stop")
		stream, stopper := tok.Stream(), sample.NewStopper(group)
		got, stopped := "", false
		push := func(text string) {
			var out string
			if !stopped {
				out, stopped = stopper.Push(text)
				got += out
			}
		}
		for _, id := range ids {
			push(stream.Push(id))
		}
		push(stream.Flush())
		if !stopped {
			got += stopper.Flush()
		}
		want, found := before(tok.Decode(ids), group)
		if got != want || stopped != found {
			t.Fatalf("until %q: got %q, want %q", group, got, want)
		}
	})
}

// before is the text up to the stop string that is complete first.
func before(text string, stops []string) (string, bool) {
	for end := range len(text) + 1 {
		cut := -1
		for _, s := range stops {
			if strings.HasSuffix(text[:end], s) && (cut < 0 || end-len(s) < cut) {
				cut = end - len(s)
			}
		}
		if cut >= 0 {
			return text[:cut], true
		}
	}
	return text, false
}
