package engine

import (
	"strings"

	"github.com/inference-iac/terraform-provider-inference/engine/tokenizer"
)

// Tasks that a model can do, by their names in the serving APIs.
const (
	TaskCompletions = "llm/v1/completions"
	TaskChat        = "llm/v1/chat"
	TaskEmbeddings  = "llm/v1/embeddings"
)

// Info describes the loaded model.
type Info struct {
	Architecture  string   // as config.json names it, "LlamaForCausalLM"
	Family        string   // "llama"
	Parameters    int      // weights that the model has; tied ones count once
	ContextLength int      // most tokens of one sequence, prompt and answer
	Vocabulary    int      // number of tokens
	HiddenSize    int      // length of an embedding
	Tasks         []string // what Submit and Embed can do
	Backend       string   // what computes, as "cpu avx2 × 2"
	WeightBytes   int      // what a step reads of the weights
	CacheBytes    int      // size of the KV pool
}

// describe completes what loading has not set.
func (e *Engine) describe() {
	c, i := e.config, &e.info
	i.Architecture, i.Family = c.Architecture, c.Family
	i.ContextLength, i.Vocabulary, i.HiddenSize = e.maxLen, c.Vocab, c.Hidden
	i.Backend = e.backend.Name()
	if e.encoder != nil {
		i.Tasks = []string{TaskEmbeddings}
		return
	}
	i.CacheBytes = e.decoder.KVBytes()
	i.Tasks = []string{TaskCompletions}
	if e.template != nil {
		i.Tasks = append(i.Tasks, TaskChat)
	}
	i.Tasks = append(i.Tasks, TaskEmbeddings)
}

// validText is b as text, broken characters replaced.
func validText(b []byte) string { return strings.ToValidUTF8(string(b), tokenizer.Replacement) }
