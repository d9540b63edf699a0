package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inference-iac/terraform-provider-inference/engine"
	"github.com/inference-iac/terraform-provider-inference/engine/roofline"
)

func llama8B() roofline.Shape {
	return roofline.Shape{Parameters: 8.03e9, Layers: 32, Heads: 32, KVHeads: 8, HeadDim: 128, Context: 8192, WeightBytes: 2, KVBytes: 2}
}

// TestSimulatedTimes checks in virtual time that a request takes what the roofline
// says: one prefill, then a step a token.
func TestSimulatedTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := engine.Simulate("A100-80", llama8B(), engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = e.Close() }()
		g, _ := roofline.Find("A100-80")
		begin := time.Now()
		s := submit(t, e, engine.Request{Prompt: "What is a token?", MaxTokens: 10})
		if _, err := s.Next(context.Background()); err != nil {
			t.Fatal(err)
		}
		ttft := time.Since(begin)
		a := read(t, s)
		tpot := (time.Since(begin) - ttft) / 9
		if want := roofline.Duration(g, llama8B(), roofline.Prefill(a.usage.PromptTokens)); ttft != want {
			t.Errorf("first token after %s, want %s", ttft, want)
		}
		if low, high := roofline.Duration(g, llama8B(), roofline.Decode(1, 1)), roofline.Duration(g, llama8B(), roofline.Decode(1, 64)); tpot < low || tpot > high {
			t.Errorf("a token every %s, want %s to %s", tpot, low, high)
		}
		if a.usage.CompletionTokens != 10 {
			t.Errorf("%+v", a)
		}
	})
}

func TestSimulatedText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := engine.Simulate("H200", llama8B(), engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = e.Close() }()
		hot := chat("Hello!")
		hot.Temperature, hot.Seed = 2, 9
		a, b := complete(t, e, chat("What is a token?")), complete(t, e, hot)
		if a.text[0] != b.text[0] || !strings.Contains(a.text[0], "simulated") || a.finish[0] != engine.FinishStop {
			t.Errorf("%q (%s), %q", a.text[0], a.finish[0], b.text[0])
		}
		if v, _, err := e.Embed(context.Background(), []string{"x"}); err != nil || len(v[0]) != 4096 {
			t.Errorf("%d, %v", len(v), err)
		}
		if i := e.Info(); i.Backend != "simulated H200" || i.Parameters != 8_030_000_000 {
			t.Errorf("%+v", i)
		}
	})
}

func TestSimulationRefusesWhatHardwareWould(t *testing.T) {
	large := llama8B()
	large.Parameters *= 9
	if _, err := engine.Simulate("T4", large, engine.Options{}); !errors.Is(err, roofline.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	if _, err := engine.Simulate("Abacus", llama8B(), engine.Options{}); err == nil {
		t.Error("an unknown GPU is simulated")
	}
}
