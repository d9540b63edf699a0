package mockserver

import (
	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// defaultMaxTokens bounds an answer where the request does not.
const defaultMaxTokens = 64

// readGeneration checks sampling parameters and fills in their defaults. Prefix is their path in the body.
func readGeneration(p api.Generation, prefix string) (generation, error) {
	g := generation{maxTokens: defaultMaxTokens, temperature: 1, topP: 1, n: 1}
	for _, rule := range []struct {
		field string
		bad   bool
		words string
	}{
		{"max_tokens", p.MaxTokens != nil && *p.MaxTokens < 1, "must be at least 1"},
		{"temperature", p.Temperature != nil && (*p.Temperature < 0 || *p.Temperature > 2), "must be between 0 and 2"},
		{"top_p", p.TopP != nil && (*p.TopP <= 0 || *p.TopP > 1), "must be above 0 and at most 1"},
		{"top_k", p.TopK != nil && *p.TopK < 1, "must be at least 1"},
		{"n", p.N != nil && (*p.N < 1 || *p.N > 5), "must be between 1 and 5"},
		{"top_logprobs", p.TopLogprobs != nil && (*p.TopLogprobs < 0 || *p.TopLogprobs > 20), "must be between 0 and 20"},
	} {
		if rule.bad {
			return g, invalid(prefix+rule.field, "%s", rule.words)
		}
	}
	if p.Seed != nil {
		g.seed = uint64(*p.Seed) // any number will do
	}
	set(&g.maxTokens, p.MaxTokens)
	set(&g.temperature, p.Temperature)
	set(&g.topP, p.TopP)
	set(&g.topK, p.TopK)
	set(&g.n, p.N)
	set(&g.topLogprobs, p.TopLogprobs)
	if p.Stop != nil {
		g.stop = p.Stop.Values
	}
	if p.Logprobs != nil && p.Logprobs.Enabled {
		g.logprobs = true
		g.topLogprobs = max(g.topLogprobs, p.Logprobs.Top)
	}
	if g.topLogprobs > 0 && !g.logprobs {
		return g, invalid(prefix+"top_logprobs", "needs logprobs")
	}
	return g, nil
}

// readParams overlays what stands beside the pandas and tensor shapes; candidate_count is their word for n.
func readParams(req api.Invocation, base generation) (generation, error) {
	if req.Params == nil {
		return base, nil
	}
	g, err := readGeneration(req.Params.Generation, "params.")
	if err != nil {
		return g, err
	}
	if c := req.Params.CandidateCount; c != nil {
		if *c < 1 || *c > 5 {
			return g, invalid("params.candidate_count", "must be between 1 and 5")
		}
		g.n = *c
	}
	return g, nil
}

// readAliases takes the newer name of max_tokens. Penalties are checked and change nothing: the engine has none.
func readAliases(req api.Invocation, g generation) (generation, error) {
	for _, p := range []struct {
		field string
		value *float64
	}{{"frequency_penalty", req.FrequencyPenalty}, {"presence_penalty", req.PresencePenalty}} {
		if p.value != nil && (*p.value < -2 || *p.value > 2) {
			return g, invalid(p.field, "must be between -2 and 2")
		}
	}
	if m := req.MaxCompletionTokens; m != nil {
		if *m < 1 || req.MaxTokens != nil {
			return g, invalid("max_completion_tokens", "must be at least 1, and excludes max_tokens")
		}
		g.maxTokens = *m
	}
	return g, nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}
