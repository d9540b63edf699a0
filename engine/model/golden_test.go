package model_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
	"github.com/inference-iac/terraform-provider-inference/engine/backend/cpu"
	"github.com/inference-iac/terraform-provider-inference/engine/internal/tiny"
	"github.com/inference-iac/terraform-provider-inference/engine/model"
	"github.com/inference-iac/terraform-provider-inference/engine/sample"
)

// golden is what llama.cpp made of one prompt (see engine/testdata/gen).
type golden struct {
	Prompt []int32
	Steps  []struct {
		Token    int32
		IDs      []int32
		Logprobs []float64
	}
	Embedding []float64
}

func goldens(t *testing.T) map[string][]golden {
	t.Helper()
	data, err := os.ReadFile("testdata/llamacpp.json")
	if err != nil {
		t.Fatal(err)
	}
	var out map[string][]golden
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func load(t *testing.T, architecture string) (*model.Decoder, *model.Encoder) {
	t.Helper()
	fsys, err := tiny.FS(architecture, backend.StoredF32, tiny.GoldenSeed)
	if err != nil {
		t.Fatal(err)
	}
	f, err := model.OpenFS(fsys)
	if err != nil {
		t.Fatal(err)
	}
	b := cpu.New(1)
	t.Cleanup(func() { _ = b.Close() })
	d, e, err := model.Load(f, b, backend.F32)
	if err != nil {
		t.Fatal(err)
	}
	return d, e
}

// slidingWindow is where the tiny Mistral stops to see everything. llama.cpp's
// llama architecture has no window, so it agrees only up to there.
const slidingWindow = 12

// tolerance is relative. llama.cpp computes GELU by its tanh approximation from a
// table in float16, where Hugging Face's MPT takes the exact one.
func tolerance(d *model.Decoder) float64 {
	if d.Family == "mpt" {
		return 5e-3
	}
	return 1e-3
}

// TestGoldenLogits compares greedy tokens and log probabilities with llama.cpp.
func TestGoldenLogits(t *testing.T) {
	for architecture, list := range goldens(t) {
		t.Run(architecture, func(t *testing.T) {
			for i, g := range list {
				d, e := load(t, architecture)
				if e != nil {
					compareEmbedding(t, e, g)
					continue
				}
				if err := d.Reserve(16, 16); err != nil {
					t.Fatal(err)
				}
				compareSteps(t, d, g, i)
			}
		})
	}
}

// compareSteps decodes greedily and compares what llama.cpp held most probable.
func compareSteps(t *testing.T, d *model.Decoder, g golden, prompt int) {
	t.Helper()
	table := make([]int32, 16)
	for i := range table {
		table[i] = int32(i)
	}
	tokens, pos := g.Prompt, 0
	for step, want := range g.Steps {
		var rows []model.Row
		for i, token := range tokens {
			rows = append(rows, model.Row{Token: token, Pos: pos, Table: table, Logits: i == len(tokens)-1})
			pos++
		}
		if d.Window > 0 && pos > slidingWindow {
			return
		}
		out, err := d.Forward(rows, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := sample.Greedy(out.Logits); got != want.Token {
			t.Errorf("prompt %d step %d: token %d, want %d", prompt, step, got, want.Token)
		}
		for i, id := range want.IDs {
			got, _ := sample.Logprobs(out.Logits, id, 0)
			if diff := math.Abs(got.Logprob - want.Logprobs[i]); diff > tolerance(d)*math.Max(1, math.Abs(want.Logprobs[i])) {
				t.Errorf("prompt %d step %d token %d: log probability %.5f, want %.5f", prompt, step, id, got.Logprob, want.Logprobs[i])
			}
		}
		tokens = []int32{want.Token}
	}
}

// compareEmbedding compares directions: llama.cpp's vectors have length 1.
func compareEmbedding(t *testing.T, e *model.Encoder, g golden) {
	t.Helper()
	out := make([]float32, e.Hidden)
	if err := e.Forward(out, [][]int32{g.Prompt}); err != nil {
		t.Fatal(err)
	}
	var dot, a, b float64
	for i, v := range out {
		dot += float64(v) * g.Embedding[i]
		a += float64(v) * float64(v)
		b += g.Embedding[i] * g.Embedding[i]
	}
	if cos := dot / math.Sqrt(a*b); math.IsNaN(cos) || cos < 1-1e-5 {
		t.Errorf("cosine %.7f for %d tokens", cos, len(g.Prompt))
	}
}
