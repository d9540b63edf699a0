package model_test

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"testing"
	"testing/fstest"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
	"github.com/inference-iac/terraform-provider-inference/engine/backend/cpu"
	"github.com/inference-iac/terraform-provider-inference/engine/internal/tiny"
	"github.com/inference-iac/terraform-provider-inference/engine/model"
)

// altered is a tiny checkpoint whose config.json is changed.
func altered(t *testing.T, name string, change map[string]any) fstest.MapFS {
	t.Helper()
	fsys, err := tiny.FS(name, backend.StoredF32, tiny.GoldenSeed)
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := json.Unmarshal(fsys["config.json"].Data, &config); err != nil {
		t.Fatal(err)
	}
	maps.Copy(config, change)
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	fsys["config.json"] = &fstest.MapFile{Data: data}
	return fsys
}

// open loads a decoder with a cache.
func open(t *testing.T, fsys fstest.MapFS) (*model.Decoder, error) {
	t.Helper()
	f, err := model.OpenFS(fsys)
	if err != nil {
		return nil, err
	}
	b := cpu.New(1)
	t.Cleanup(func() { _ = b.Close() })
	d, _, err := model.Load(f, b, backend.F32)
	if err != nil {
		return nil, err
	}
	return d, d.Reserve(16, 16)
}

// lastLogits are those after tokens from a number on.
func lastLogits(t *testing.T, fsys fstest.MapFS, from, to int) []float32 {
	t.Helper()
	d, err := open(t, fsys)
	if err != nil {
		t.Fatal(err)
	}
	var rows []model.Row
	for i := from; i < to; i++ {
		table := []int32{0, 1, 2, 3, 4, 5, 6, 7}
		rows = append(rows, model.Row{Token: int32(i*37%1000 + 1), Pos: i - from, Table: table, Logits: i == to-1})
	}
	out, err := d.Forward(rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out.Logits
}

// distance is the largest difference of two lists.
func distance(a, b []float32) (most float64) {
	for i := range a {
		most = max(most, math.Abs(float64(a[i]-b[i])))
	}
	return most
}

// TestSlidingWindow checks Mistral's window with one layer, where a row sees its
// window alone: cutting off all before it changes nothing, one token more does.
func TestSlidingWindow(t *testing.T) {
	const window, length = 12, 100
	d := altered(t, "MistralForCausalLM", map[string]any{"num_hidden_layers": 1, "sliding_window": window})
	want := lastLogits(t, d, 0, length)
	if got := distance(want, lastLogits(t, d, length-window, length)); got > 1e-4 {
		t.Errorf("positions before the window change a logit by %g", got)
	}
	if got := distance(want, lastLogits(t, d, length-window+1, length)); got < 1e-3 {
		t.Errorf("the first position of the window changes logits by %g only", got)
	}
	// Two layers see two windows less one position.
	d = altered(t, "MistralForCausalLM", map[string]any{"sliding_window": window})
	want = lastLogits(t, d, 0, length)
	if got := distance(want, lastLogits(t, d, length-2*window+1, length)); got > 1e-4 {
		t.Errorf("positions before two windows change a logit by %g", got)
	}
	if got := distance(want, lastLogits(t, d, length-window, length)); got < 1e-3 {
		t.Errorf("two layers see no more than one: %g", got)
	}
}

// TestNormalisedQueriesForgetTheirSize checks MPT's qk_ln, which llama.cpp cannot
// compute: with it the size of queries and keys means nothing, without it much.
func TestNormalisedQueriesForgetTheirSize(t *testing.T) {
	logits := func(name string, size float32) []float32 {
		fsys := altered(t, name, nil)
		scaleQueriesAndKeys(t, fsys, size)
		return lastLogits(t, fsys, 0, 40)
	}
	if got := distance(logits("MPTForCausalLM+qk_ln", 1), logits("MPTForCausalLM+qk_ln", 4)); got > 1e-3 {
		t.Errorf("normalised queries and keys: logits change by %g", got)
	}
	if got := distance(logits("MPTForCausalLM", 1), logits("MPTForCausalLM", 4)); got < 0.1 {
		t.Errorf("queries and keys as they are: logits change by %g only", got)
	}
}

// scaleQueriesAndKeys multiplies the first two thirds of MPT's Wqkv.
func scaleQueriesAndKeys(t *testing.T, fsys fstest.MapFS, size float32) {
	t.Helper()
	data := fsys["model.safetensors"].Data
	var header map[string]struct {
		Offsets []int `json:"data_offsets"`
	}
	length := int(data[0]) | int(data[1])<<8 | int(data[2])<<16
	if err := json.Unmarshal(data[8:8+length], &header); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"transformer.blocks.0.attn.Wqkv.weight", "transformer.blocks.1.attn.Wqkv.weight"} {
		o := header[name].Offsets
		part := data[8+length+o[0]:][:(o[1]-o[0])*2/3]
		tensor := backend.Tensor{Name: name, DType: backend.StoredF32, Rows: 1, Cols: len(part) / 4, Data: part}
		values := append([]float32(nil), tensor.Float32()...)
		for i := range values {
			values[i] *= size
		}
		copy(part, backend.EncodeValues(values, backend.StoredF32))
	}
}

func TestHostileRopeScaling(t *testing.T) {
	for _, scaling := range []map[string]any{
		{"rope_type": "yarn", "factor": 0.5, "original_max_position_embeddings": 64},
		{"rope_type": "yarn", "factor": 4, "beta_fast": 1, "beta_slow": 32},
		{"rope_type": "yarn", "factor": 4, "attention_factor": 1e9},
		{"rope_type": "longrope", "factor": 4, "original_max_position_embeddings": 64, "long_factor": []float64{1, 2}},
		{"rope_type": "longrope", "factor": 4, "long_factor": []float64{1, 1, 1, 1, 1, 1, 1, 1}},
		{"rope_type": "longrope", "factor": 4, "original_max_position_embeddings": 64, "long_factor": []float64{1, 1, 1, 1, 1, 1, 1, 0}},
		{"rope_type": "magic", "factor": 4},
	} {
		if _, err := open(t, altered(t, "LlamaForCausalLM", map[string]any{"rope_scaling": scaling})); !errors.Is(err, model.ErrCheckpoint) {
			t.Errorf("%v: %v", scaling, err)
		}
	}
}
