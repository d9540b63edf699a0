package main

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"github.com/dlclark/regexp2"

	"github.com/inference-iac/terraform-provider-inference/engine/tokenizer"
)

// vocabSize is the number of tokens, the control tokens included.
const vocabSize = 1024

// splitPattern cuts text into words before pairs are joined; Llama 3's pattern.
const splitPattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

// bpe is a trained vocabulary.
type bpe struct {
	pieces []string // by id, spelt in printable runes
	merges [][2]string
}

type word struct {
	parts []string
	count int
}

// trainBPE joins the most frequent pair of neighbours until there are size pieces.
func trainBPE(text string, size int) bpe {
	b := bpe{}
	for _, r := range tokenizer.ByteRunes() {
		b.pieces = append(b.pieces, string(r))
	}
	words := countWords(text)
	for len(b.pieces) < size {
		counts := map[[2]string]int{}
		for _, w := range words {
			for i := range len(w.parts) - 1 {
				counts[[2]string{w.parts[i], w.parts[i+1]}] += w.count
			}
		}
		if len(counts) == 0 {
			break
		}
		pair := slices.MaxFunc(slices.Collect(maps.Keys(counts)), func(a, c [2]string) int {
			return cmp.Or(cmp.Compare(counts[a], counts[c]), -cmp.Compare(a[0], c[0]), -cmp.Compare(a[1], c[1]))
		})
		b.merges = append(b.merges, pair)
		b.pieces = append(b.pieces, pair[0]+pair[1])
		for i := range words {
			words[i].join(pair)
		}
	}
	return b
}

// join replaces each occurrence of the pair, from the left.
func (w *word) join(pair [2]string) {
	out := w.parts[:0]
	for i := 0; i < len(w.parts); i++ {
		if i+1 < len(w.parts) && w.parts[i] == pair[0] && w.parts[i+1] == pair[1] {
			out = append(out, pair[0]+pair[1])
			i++
			continue
		}
		out = append(out, w.parts[i])
	}
	w.parts = out
}

// countWords cuts a text and spells its words byte by byte.
func countWords(text string) []word {
	spell := tokenizer.ByteRunes()
	counts := map[string]int{}
	re := regexp2.MustCompile(splitPattern, regexp2.Unicode)
	for m, _ := re.FindStringMatch(text); m != nil; m, _ = re.FindNextMatch(m) {
		counts[m.String()]++
	}
	var out []word
	for _, s := range slices.Sorted(maps.Keys(counts)) {
		w := word{count: counts[s]}
		for i := range len(s) {
			w.parts = append(w.parts, string(spell[s[i]]))
		}
		out = append(out, w)
	}
	return out
}

// file is the content of tokenizer.json.
func (b bpe) file() ([]byte, error) {
	type object = map[string]any
	vocab := make(map[string]int, len(b.pieces))
	for id, p := range b.pieces {
		vocab[p] = id
	}
	var added []object
	for i, s := range specials() {
		added = append(added, object{"id": len(b.pieces) + i, "content": s, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true})
	}
	begin := object{"id": beginOfText, "ids": []int{len(b.pieces)}, "tokens": []string{beginOfText}}
	return json.MarshalIndent(object{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added, "normalizer": nil,
		"pre_tokenizer": object{"type": "Sequence", "pretokenizers": []object{
			{"type": "Split", "pattern": object{"Regex": splitPattern}, "behavior": "Isolated", "invert": false},
			{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
		}},
		"post_processor": object{"type": "TemplateProcessing",
			"single": []object{
				{"SpecialToken": object{"id": beginOfText, "type_id": 0}},
				{"Sequence": object{"id": "A", "type_id": 0}},
			},
			"pair": []object{
				{"Sequence": object{"id": "A", "type_id": 0}}, {"Sequence": object{"id": "B", "type_id": 1}},
			},
			"special_tokens": object{beginOfText: begin},
		},
		"decoder": object{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
		"model": object{
			"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil, "end_of_word_suffix": nil,
			"fuse_unk": false, "byte_fallback": false, "ignore_merges": false, "vocab": vocab, "merges": b.merges,
		},
	}, "", " ")
}

// encoder is the engine's own reader over the file, so that training sees the
// tokens that serving will.
func (b bpe) encoder() (*tokenizer.Tokenizer, error) {
	data, err := b.file()
	if err != nil {
		return nil, err
	}
	return tokenizer.Parse(data)
}
