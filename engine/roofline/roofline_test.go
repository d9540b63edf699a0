package roofline

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// llama7B and its relatives as their config.json describe them.
func llama7B() Shape {
	return Shape{Parameters: 6.74e9, Layers: 32, Heads: 32, KVHeads: 32, HeadDim: 128, Context: 4096, WeightBytes: 2, KVBytes: 2}
}

func llama70B() Shape {
	return Shape{Parameters: 69e9, Layers: 80, Heads: 64, KVHeads: 8, HeadDim: 128, Context: 4096, WeightBytes: 2, KVBytes: 2}
}

func mixtral() Shape {
	return Shape{Parameters: 46.7e9, Layers: 32, Heads: 32, KVHeads: 8, HeadDim: 128, Context: 32768, WeightBytes: 2, KVBytes: 2, Experts: 8, ExpertsUsed: 2, ExpertShare: 0.965}
}

func gpu(t interface{ Fatal(...any) }, name string) GPU {
	g, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestKnownOrders(t *testing.T) {
	a100 := gpu(t, "A100-80")
	for _, c := range []struct {
		name     string
		d        time.Duration
		from, to time.Duration
	}{
		// 13.5 GB at 60 % of 2 TB/s
		{"7B decode, batch 1", Duration(a100, llama7B(), Decode(1, 512)), 10 * time.Millisecond, 13 * time.Millisecond},
		// weights are read once for all
		{"7B decode, batch 16", Duration(a100, llama7B(), Decode(16, 512)), 12 * time.Millisecond, 17 * time.Millisecond},
		// 2 · 6.74e9 · 2048 FLOP at half of 312 TFLOP/s
		{"7B prefill of 2048", Duration(a100, llama7B(), Prefill(2048)), 170 * time.Millisecond, 210 * time.Millisecond},
		// two of eight experts
		{"Mixtral decode, batch 1", Duration(gpu(t, "H200"), mixtral(), Decode(1, 512)), 8 * time.Millisecond, 11 * time.Millisecond},
	} {
		if c.d < c.from || c.d > c.to {
			t.Errorf("%s: %s, not between %s and %s", c.name, c.d, c.from, c.to)
		}
	}
}

func TestPositions(t *testing.T) {
	for _, c := range []struct {
		gpu   string
		shape Shape
		fits  bool
	}{
		{"T4", llama7B(), true}, {"A10G", llama7B(), true}, {"A100-80", llama70B(), false}, {"H100", llama70B(), false},
		{"B200", llama70B(), true}, {"H100", mixtral(), false}, {"H200", mixtral(), true},
	} {
		n, err := Positions(gpu(t, c.gpu), c.shape)
		if (err == nil) != c.fits || err != nil && !errors.Is(err, ErrTooLarge) || c.fits && n < 16 {
			t.Errorf("%s: %d positions, %v; fits should be %v", c.gpu, n, err, c.fits)
		}
	}
	if _, err := Find("GTX 970"); err == nil {
		t.Error("an unknown GPU is found")
	}
}

func TestMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := rapid.SampledFrom(GPUs()).Draw(t, "gpu")
		s := rapid.SampledFrom([]Shape{llama7B(), llama70B(), mixtral()}).Draw(t, "shape")
		batch := rapid.IntRange(1, 512).Draw(t, "batch")
		length := rapid.IntRange(1, 4096).Draw(t, "length")
		d := Duration(g, s, Decode(batch, length))
		if d <= 0 || Duration(g, s, Decode(batch+1, length)) < d || Duration(g, s, Decode(batch, length+1)) < d {
			t.Fatal("more work takes less time")
		}
		if Duration(g, s, Prefill(length+1)) < Duration(g, s, Prefill(length)) {
			t.Fatal("a longer prompt takes less time")
		}
		half := s
		half.WeightBytes = 1
		if Duration(g, half, Decode(batch, length)) > d {
			t.Fatal("int8 is slower")
		}
	})
}
