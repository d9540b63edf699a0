package tokenizer

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func readJSON(t testing.TB, name string, v any) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(name, err)
	}
}

func parse(t testing.TB, name string) *Tokenizer {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

var styles = []string{"gpt2", "llama3", "qwen2", "llama2", "bert", "unigram", "xlmr", "nmt"}

// TestGolden compares with Hugging Face's Rust library on 500 strings (see engine/testdata/gen).
func TestGolden(t *testing.T) {
	var in []struct{ Text, Hex string }
	readJSON(t, "strings.json", &in)
	for _, style := range styles {
		t.Run(style, func(t *testing.T) {
			tok := parse(t, style)
			var want []struct {
				IDs  []int32
				Text string
			}
			readJSON(t, style+".golden.json", &want)
			bad := 0
			for i, s := range in {
				text := s.Text
				if s.Hex != "" {
					raw, err := hex.DecodeString(s.Hex)
					if err != nil {
						t.Fatal(err)
					}
					text = string(raw)
				}
				got := tok.Encode(text, true)
				back := tok.Decode(want[i].IDs)
				if slices.Equal(got, want[i].IDs) && back == want[i].Text {
					continue
				}
				if bad++; bad <= 8 {
					t.Errorf("%q:\n ids  %v\n want %v\n text %q\n want %q", text, got, want[i].IDs, back, want[i].Text)
				}
			}
			if bad > 0 {
				t.Errorf("%d of %d strings differ", bad, len(in))
			}
		})
	}
}

// TestStreamEqualsDecode checks that text comes out the same token by token, and
// valid at every moment.
func TestStreamEqualsDecode(t *testing.T) {
	for _, style := range []string{"gpt2", "llama3", "qwen2", "llama2"} {
		tok := parse(t, style)
		for _, text := range []string{"Hello world", "日本語 🙂🚀 é", "a\xffb", " two  spaces ", "👩‍👩‍👧‍👦"} {
			ids := tok.Encode(text, true)
			s := tok.Stream()
			var b strings.Builder
			for _, id := range ids {
				piece := s.Push(id)
				if !utf8.ValidString(piece) {
					t.Errorf("%s: %q is no text", style, piece)
				}
				b.WriteString(piece)
			}
			b.WriteString(s.Flush())
			if want := strings.ToValidUTF8(text, Replacement); b.String() != want {
				t.Errorf("%s: got %q, want %q", style, b.String(), want)
			}
		}
	}
}

func TestHostileFiles(t *testing.T) {
	for _, c := range []struct{ name, file string }{
		{"no JSON", `{"model":`},
		{"no model", `{}`},
		{"unknown model", `{"model":{"type":"Magic","vocab":{}}}`},
		{"negative id", `{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}`},
		{"huge id", `{"model":{"type":"BPE","vocab":{"a":2000000000},"merges":[]}}`},
		{"merge of unknown pieces", `{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}`},
		{"merge that is no pair", `{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}}`},
		{"merge of three", `{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a","a","a"]]}}`},
		{"unknown token is missing", `{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"u"}}`},
		{"WordPiece without unknown token", `{"model":{"type":"WordPiece","vocab":{"a":0}}}`},
		{"Unigram with a wrong unk_id", `{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":7}}`},
		{"empty added token", `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"id":1,"content":""}]}`},
		{"unknown normalizer", `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"Magic"}}`},
		{"charsmap that is no base64", `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"Precompiled","precompiled_charsmap":"%"}}`},
		{"charsmap without trie", `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAAAA=="}}`},
		{"charsmap that is cut off", `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"Precompiled","precompiled_charsmap":"CAAAAAAAAAA="}}`},
		{"unknown decoder", `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"decoder":{"type":"Magic"}}`},
		{"bad pattern", `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated"}}`},
		{"template id out of range", `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}],"special_tokens":{"x":{"ids":[9]}}}}`},
		{"deep nesting", `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":` + strings.Repeat(`{"type":"Sequence","normalizers":[`, 20) + strings.Repeat(`]}`, 20) + `}`},
	} {
		if _, err := Parse([]byte(c.file)); !errors.Is(err, ErrFile) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, file := range []string{
		`{"added_tokens":[{"id":4,"content":"<s>","special":true,"lstrip":true}],"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"ByteLevel"},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"ids":[4]}}},"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"Ġ":3},"merges":["a b"]}}`,
		`{"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},"decoder":{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Strip","content":" ","start":1}]},"model":{"type":"BPE","vocab":{"<unk>":0,"a":1,"▁":2,"▁a":3,"<0xC3>":4},"merges":[["▁","a"]],"unk_token":"<unk>","fuse_unk":true,"byte_fallback":true}}`,
		`{"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},"decoder":{"type":"WordPiece","prefix":"##","cleanup":true},"model":{"type":"WordPiece","unk_token":"u","continuing_subword_prefix":"##","vocab":{"u":0,"a":1,"##b":2}}}`,
		`{"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"},"decoder":{"type":"Metaspace"},"model":{"type":"Unigram","vocab":[["u",0],["▁a",-1],["b",-2.5]],"unk_id":0}}`,
		`{"normalizer":{"type":"Sequence","normalizers":[{"type":"Nmt"},{"type":"Precompiled","precompiled_charsmap":"CAAAAGFhYWFhYWFhYgA="}]},"model":{"type":"Unigram","vocab":[["u",0],["a",-1],["b",-2.5]],"unk_id":0}}`,
		`{"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"Split","pattern":{"Regex":"\\s+"},"behavior":"MergedWithPrevious","invert":true}]},"model":{"type":"BPE","vocab":{"a":0},"merges":[],"end_of_word_suffix":"</w>"}}`,
	} {
		f.Add([]byte(file), "ab, wörld 12 🙂 \xff")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		tok, err := Parse(data)
		if err != nil {
			return
		}
		if len(text) > 200 {
			text = text[:200]
		}
		if back := tok.Decode(tok.Encode(text, true)); !utf8.ValidString(back) {
			t.Errorf("%q is no text", back)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	text := strings.Repeat("The quick brown fox jumps over the lazy dog. Continuous batching, please!\n", 200)
	for _, style := range styles {
		b.Run(style, func(b *testing.B) {
			tok := parse(b, style)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				tok.Encode(text, true)
			}
		})
	}
}
