package upstream

import (
	"cmp"
	"slices"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// byteValues are the bytes of a token as the serving API lists them.
func byteValues(token string) []int {
	out := make([]int, len(token))
	for i := range len(token) {
		out[i] = int(token[i])
	}
	return out
}

// ranked sorts alternatives by falling probability.
func ranked(alternatives map[string]float64) []api.TokenLogprob {
	var out []api.TokenLogprob
	for token, p := range alternatives {
		out = append(out, api.TokenLogprob{Token: token, Logprob: p, Bytes: byteValues(token)})
	}
	slices.SortFunc(out, func(a, b api.TokenLogprob) int {
		return cmp.Or(cmp.Compare(b.Logprob, a.Logprob), cmp.Compare(a.Token, b.Token))
	})
	return out
}
