package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/engine/model"
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

// describe completes what loading has not set. A task that the checkpoint declares
// comes first; one that it cannot do is an error.
func (e *Engine) describe() error {
	c, i := e.config, &e.info
	i.Architecture, i.Family = c.Architecture, c.Family
	i.ContextLength, i.Vocabulary, i.HiddenSize = e.maxLen, c.Vocab, c.Hidden
	i.Backend = e.backend.Name()
	i.Tasks = []string{TaskEmbeddings}
	if e.encoder == nil {
		i.CacheBytes = e.decoder.KVBytes()
		if e.template != nil {
			i.Tasks = slices.Insert(i.Tasks, 0, TaskChat)
		}
		i.Tasks = slices.Insert(i.Tasks, 0, TaskCompletions)
	}
	if e.files.Task == "" {
		return nil
	}
	at := slices.Index(i.Tasks, e.files.Task)
	if at < 0 {
		return fmt.Errorf("%w: MLmodel declares task %q, the model can do %s", model.ErrCheckpoint, e.files.Task, strings.Join(i.Tasks, ", "))
	}
	i.Tasks = slices.Insert(slices.Delete(i.Tasks, at, at+1), 0, e.files.Task)
	return nil
}

// validText is b as text, broken characters replaced.
func validText(b []byte) string { return strings.ToValidUTF8(string(b), tokenizer.Replacement) }
