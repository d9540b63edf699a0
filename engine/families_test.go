package engine_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/engine"
	"github.com/inference-iac/terraform-provider-inference/engine/backend"
	"github.com/inference-iac/terraform-provider-inference/engine/internal/tiny"
)

// openTiny opens a random checkpoint.
func openTiny(t *testing.T, architecture string, o engine.Options) *engine.Engine {
	t.Helper()
	fsys, err := tiny.FS(architecture, backend.StoredF32, 7)
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.OpenFS(fsys, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// TestFamiliesAreInvariant repeats the invariance of the default model for every
// architecture: alone, in a batch, in chunks, preempted.
func TestFamiliesAreInvariant(t *testing.T) {
	prompts := []string{"What is a token?", strings.Repeat("one two three ", 8), "x", "Hello, hello!", "a b c d e f g h i j"}
	for _, architecture := range append(tiny.Architectures()[:5], tiny.Variants()...) {
		t.Run(architecture, func(t *testing.T) {
			run := func(o engine.Options, together bool) []string {
				e := openTiny(t, architecture, o)
				var out []string
				var streams []*engine.Stream
				for i, p := range prompts {
					s := submit(t, e, engine.Request{Prompt: p, MaxTokens: 6 + 3*i, Logprobs: true})
					if !together {
						out = append(out, describe(read(t, s)))
					}
					streams = append(streams, s)
				}
				for _, s := range streams {
					if together {
						out = append(out, describe(read(t, s)))
					}
				}
				return out
			}
			want := run(engine.Options{MaxSequences: 1, Threads: 1}, false)
			for _, o := range []engine.Options{{}, {MaxSequences: 3, TokenBudget: 5}, {BlockSize: 4, Blocks: 24}} {
				if got := run(o, true); !slices.Equal(got, want) {
					t.Errorf("%+v:\n got %s\nwant %s", o, got, want)
				}
			}
		})
	}
}

// TestEmbeddingModels checks that texts do not see each other and that pooling
// follows the checkpoint.
func TestEmbeddingModels(t *testing.T) {
	texts := []string{"a serving endpoint", strings.Repeat("many words ", 30), "x", "Terraform"}
	for _, architecture := range []string{"BertModel", "NewModel"} {
		t.Run(architecture, func(t *testing.T) {
			e := openTiny(t, architecture, engine.Options{TokenBudget: 32, MaxSequences: 2})
			together, usage, err := e.Embed(context.Background(), texts)
			if err != nil || usage.PromptTokens == 0 {
				t.Fatal(usage, err)
			}
			for i, text := range texts {
				alone, _, err := e.Embed(context.Background(), []string{text})
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(alone[0], together[i]) {
					t.Errorf("text %d depends on its neighbours", i)
				}
				norm := 0.0
				for _, v := range alone[0] {
					norm += float64(v) * float64(v)
				}
				if math.IsNaN(norm) || math.Abs(norm-1) < 1e-3 {
					t.Errorf("text %d has norm² %g; nothing asks for normalisation", i, norm)
				}
			}
			if _, err := e.Submit(context.Background(), engine.Request{Prompt: "x"}); err == nil {
				t.Error("an embedding model completes text")
			}
			if i := e.Info(); !slices.Equal(i.Tasks, []string{engine.TaskEmbeddings}) {
				t.Errorf("%+v", i)
			}
		})
	}
}

func TestPoolingFiles(t *testing.T) {
	fsys, err := tiny.FS("BertModel", backend.StoredBF16, 7)
	if err != nil {
		t.Fatal(err)
	}
	vector := func() []float32 {
		e, err := engine.OpenFS(fsys, engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = e.Close() }()
		out, _, err := e.Embed(context.Background(), []string{"a serving endpoint"})
		if err != nil {
			t.Fatal(err)
		}
		return out[0]
	}
	mean := vector()
	fsys["1_Pooling/config.json"] = file(`{"pooling_mode_cls_token": true}`)
	cls := vector()
	if slices.Equal(mean, cls) {
		t.Error("pooling_mode_cls_token changes nothing")
	}
	fsys["modules.json"] = file(`[{"type": "sentence_transformers.models.Normalize"}]`)
	unit, sum := vector(), 0.0
	for _, v := range unit {
		sum += float64(v) * float64(v)
	}
	if math.Abs(sum-1) > 1e-5 {
		t.Errorf("norm² is %g", sum)
	}
}
