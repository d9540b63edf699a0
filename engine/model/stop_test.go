package model_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/engine/model"
)

// TestAStepThatWasGivenUpLeavesNoTrace gives a step up at every layer and computes
// it again.
func TestAStepThatWasGivenUpLeavesNoTrace(t *testing.T) {
	d, _ := load(t, "LlamaForCausalLM")
	if err := d.Reserve(4, 16); err != nil {
		t.Fatal(err)
	}
	table := []int32{0, 1, 2, 3}
	rows := func(from, to int) (out []model.Row) {
		for i := from; i < to; i++ {
			out = append(out, model.Row{Token: int32(i*37%1000 + 1), Pos: i, Table: table, Logits: i == to-1})
		}
		return out
	}
	forward := func(from, to int) []float32 {
		out, err := d.Forward(rows(from, to), nil)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(out.Logits)
	}
	forward(0, 20)
	want := forward(20, 40)
	for layer := range d.Layers {
		forward(0, 20)
		calls := 0
		_, err := d.Forward(rows(20, 40), func() bool { calls++; return calls > layer })
		if !errors.Is(err, model.ErrStopped) || calls != layer+1 {
			t.Fatalf("stopped at layer %d: %v", calls, err)
		}
		if got := forward(20, 40); !slices.Equal(got, want) {
			t.Errorf("given up before layer %d: the logits differ", layer)
		}
	}
}
