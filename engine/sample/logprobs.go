package sample

import (
	"cmp"
	"math"
	"slices"
)

// Logprob is the logarithm of a token's probability under the model itself,
// before temperature and filters.
type Logprob struct {
	ID      int32
	Logprob float64
}

// Logprobs are those of the chosen token and of the top most probable ones.
func Logprobs(logits []float32, chosen int32, top int) (Logprob, []Logprob) {
	peak := float64(logits[Greedy(logits)])
	sum := 0.0
	for _, l := range logits {
		if l == l {
			sum += math.Exp(float64(l) - peak)
		}
	}
	norm := peak + math.Log(sum)
	of := func(id int32) Logprob { return Logprob{id, float64(logits[id]) - norm} }
	best := make([]Logprob, 0, top+1)
	for id := range logits {
		if len(best) == top && (top == 0 || float64(logits[id])-norm <= best[top-1].Logprob) {
			continue
		}
		l := of(int32(id))
		at, _ := slices.BinarySearchFunc(best, l, func(a, b Logprob) int {
			return cmp.Or(cmp.Compare(b.Logprob, a.Logprob), cmp.Compare(a.ID, b.ID))
		})
		best = slices.Insert(best, at, l)
		best = best[:min(len(best), top)]
	}
	return of(chosen), best
}
