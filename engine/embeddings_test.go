package engine_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/engine"
	"github.com/inference-iac/terraform-provider-inference/engine/backend"
	"github.com/inference-iac/terraform-provider-inference/engine/checkpoint"
	"github.com/inference-iac/terraform-provider-inference/engine/tokenizer"
)

// inputEmbeddings are the rows of the embedded model's own table for the tokens of a text, as a client has them
// that looks its tokens up itself.
func inputEmbeddings(t *testing.T, text string) [][]float32 {
	t.Helper()
	read := func(name string) []byte {
		b, err := fs.ReadFile(checkpoint.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	weights := read("model.safetensors")
	size := binary.LittleEndian.Uint64(weights)
	var header map[string]struct {
		DType   backend.DType `json:"dtype"`
		Shape   []int         `json:"shape"`
		Offsets []int         `json:"data_offsets"`
	}
	if err := json.Unmarshal(weights[8:8+size], &header); err != nil {
		t.Fatal(err)
	}
	h := header["model.embed_tokens.weight"]
	table := backend.Tensor{DType: h.DType, Rows: h.Shape[0], Cols: h.Shape[1], Data: weights[8+size:][h.Offsets[0]:h.Offsets[1]]}
	k, err := tokenizer.Parse(read("tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out [][]float32
	for _, token := range k.Encode(text, true) {
		row := make([]float32, table.Cols)
		table.Row(row, int(token))
		out = append(out, row)
	}
	return out
}

// Embeddings in place of tokens change no bit of an answer, whatever stands beside them, however they are cut, and
// whatever the cache holds of the same length.
func TestEmbeddingsAreAnsweredAsTheirText(t *testing.T) {
	for name, o := range map[string]engine.Options{
		"alone": {MaxSequences: 1}, "batch": {}, "chunked": {MaxSequences: 4, TokenBudget: 7}, "preempted": {BlockSize: 4, Blocks: 24},
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, o)
			prompts := []string{"Hello, I'm a language model,", "Monday, Tuesday, Wednesday, Thursday,", "What is continuous batching and what is it for?"}
			var streams []*engine.Stream
			for _, p := range prompts {
				r := engine.Request{MaxTokens: 24, Logprobs: true, TopLogprobs: 2}
				for _, embedded := range []bool{true, false} {
					if r.Prompt, r.Embeddings = p, nil; embedded {
						r.Prompt, r.Embeddings = "", inputEmbeddings(t, p)
					}
					streams = append(streams, submit(t, e, r))
				}
			}
			seen := map[string]bool{}
			for i := range prompts {
				embedded, text := read(t, streams[2*i]), read(t, streams[2*i+1])
				if describe(embedded) != describe(text) || embedded.usage != text.usage {
					t.Errorf("%q: embedded %s %+v, text %s %+v", prompts[i], describe(embedded), embedded.usage, describe(text), text.usage)
				}
				seen[describe(text)] = true
			}
			if len(seen) != len(prompts) {
				t.Error("prompts of one length are taken for each other")
			}
		})
	}
}

func TestBadEmbeddings(t *testing.T) {
	e := open(t, engine.Options{})
	hidden := e.Info().HiddenSize
	rows := func(n int, values ...float32) [][]float32 {
		return slices.Repeat([][]float32{append(values, make([]float32, hidden-len(values))...)}, n)
	}
	for _, c := range []struct {
		request engine.Request
		kind    error
		part    string
	}{
		{engine.Request{Embeddings: rows(1), Prompt: "x"}, engine.ErrInvalidRequest, "embeddings and prompt exclude"},
		{engine.Request{Embeddings: rows(1), Messages: []engine.Message{{Role: "user"}}}, engine.ErrInvalidRequest, "embeddings and messages exclude"},
		{engine.Request{Embeddings: append(rows(2), make([]float32, 3))}, engine.ErrInvalidRequest, fmt.Sprintf("embeddings[2] has 3 values, the model's hidden size is %d", hidden)},
		{engine.Request{Embeddings: rows(1, 0, float32(math.NaN()))}, engine.ErrInvalidRequest, "embeddings[0][1] is not finite"},
		{engine.Request{Embeddings: rows(1024)}, engine.ErrTooLong, "1024 tokens, at most 1023"},
		{engine.Request{Embeddings: rows(9), MaxPrompt: 8}, engine.ErrTooLong, "9 tokens, at most 8 are allowed"},
		{engine.Request{Prompt: strings.Repeat("word ", 40), MaxPrompt: 8}, engine.ErrTooLong, "at most 8 are allowed"},
		{engine.Request{Prompt: "x", MaxPrompt: -1}, engine.ErrInvalidRequest, "must not be negative"},
	} {
		_, err := e.Submit(context.Background(), c.request)
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.part) {
			t.Errorf("%v, want %q", err, c.part)
		}
	}
}
