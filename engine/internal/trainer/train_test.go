package main

import (
	"math"
	"slices"
	"testing"
)

// small is a net in which every shape is different.
func small(threads int) *net {
	return newNet(dims{hidden: 12, layers: 2, heads: 4, kvHeads: 2, headDim: 4, ffn: 10, vocab: 9, eps: 1e-5, theta: 10000}, threads)
}

// someBatch holds texts of several lengths and targets without weight.
func someBatch() batch {
	return batch{
		tokens:  []int32{1, 4, 2, 8, 5, 7, 1, 3, 3},
		targets: []int32{4, 2, 8, 0, 7, 1, 3, 3, 0},
		weights: []float32{0.15, 1, 1, 0, 1, 0.15, 1, 1, 0},
		spans:   []span{{0, 4}, {4, 5}},
	}
}

// TestGradients compares every kind of weight's gradient with differences of the loss.
func TestGradients(t *testing.T) {
	n, b := small(1), someBatch()
	n.train(b)
	var gradients [][]float32
	for _, p := range n.params {
		gradients = append(gradients, slices.Clone(p.g))
	}
	for at, p := range n.params {
		want := gradients[at]
		for _, i := range []int{0, len(p.w) / 2, len(p.w) - 1} {
			const h = 1e-2
			old := p.w[i]
			p.w[i] = old + h
			up := n.train(b)
			p.w[i] = old - h
			down := n.train(b)
			p.w[i] = old
			got := (up - down) / (2 * h)
			if math.Abs(got-float64(want[i])) > 2e-3+0.03*math.Abs(got) {
				t.Errorf("%s[%d]: gradient %.5f, difference %.5f", p.name, i, want[i], got)
			}
		}
	}
}

// TestThreadsChangeNothing is what makes the checkpoint repeatable anywhere.
func TestThreadsChangeNothing(t *testing.T) {
	weights := func(threads int) []float32 {
		n := small(threads)
		for step := range 5 {
			n.train(someBatch())
			n.update(step, 1e-2)
		}
		var out []float32
		for _, p := range n.params {
			out = append(out, p.w...)
		}
		return out
	}
	if want := weights(1); !slices.Equal(weights(3), want) || !slices.Equal(weights(2), want) {
		t.Error("the weights depend on the number of threads")
	}
}

func TestTrainingLearns(t *testing.T) {
	n, b := small(1), someBatch()
	first := n.train(b)
	last := first
	for step := range 60 {
		n.update(step, 1e-2)
		last = n.train(b)
	}
	if last > first/4 {
		t.Errorf("loss %.3f, then %.3f", first, last)
	}
}

// TestBatches checks that the corpus parses and that targets follow their tokens.
func TestBatches(t *testing.T) {
	c, err := loadCorpus()
	if err != nil {
		t.Fatal(err)
	}
	enc, err := trainBPE(c.text(), 300).encoder()
	if err != nil {
		t.Fatal(err)
	}
	b := newBatcher(c, enc)
	for range 20 {
		x := b.next()
		for _, s := range x.spans {
			for i := s.from; i+1 < s.from+s.n; i++ {
				if x.targets[i] != x.tokens[i+1] || x.weights[i] <= 0 {
					t.Fatalf("target %d at %d, token %d follows", x.targets[i], i, x.tokens[i+1])
				}
			}
			if x.weights[s.from+s.n-1] != 0 {
				t.Fatal("the end of a text has a target")
			}
		}
	}
}
