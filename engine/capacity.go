package engine

import (
	"fmt"

	"github.com/inference-iac/terraform-provider-inference/engine/kvcache"
	"github.com/inference-iac/terraform-provider-inference/engine/roofline"
	"github.com/inference-iac/terraform-provider-inference/engine/scheduler"
)

// How a processor computes long prompts, in the work of one token's weights. From
// about eight rows on it is bound by computing. What arrives while long prompts are
// alone waits for one layer of a step of 64 rows and starts in the step after it
// with next to nothing beside it. GPUs need hundreds of rows to be busy.
const (
	partAlone    = 64
	partBeside   = 12
	partStarting = 2
)

// attentionSlowness is how much longer a multiplication takes in attention than in
// a product of float32 weights (profile in BENCHMARKS.md); int8 weights take half.
const attentionSlowness = 2

// parts are the sizes for the loaded model.
func (e *Engine) parts() scheduler.Parts {
	c := e.config
	s := roofline.Shape{
		Parameters: float64(e.info.Parameters - c.Vocab*c.Hidden), // the embedding is looked up
		Layers:     c.Layers, Heads: c.Heads, KVHeads: c.KVHeads, HeadDim: c.HeadDim,
		Experts: c.Experts, ExpertsUsed: c.ExpertsUsed, ExpertShare: 1,
	}
	positions := s.PositionsPerToken() / attentionSlowness
	if e.options.Format == Int8 {
		positions /= 2
	}
	return scheduler.Parts{Alone: partAlone, Beside: partBeside, Starting: partStarting, Positions: max(1, positions)}
}

// maxDefaultCache bounds the KV pool unless Options.Blocks asks for another size.
// The system gives memory to a block when it is first written.
const maxDefaultCache = 4 << 30

// reserve makes the KV pool, its accounting and the scheduler.
func (e *Engine) reserve() error {
	o := &e.options
	var blocks int
	if e.encoder != nil {
		// Nothing is kept from step to step: the blocks count one step's rows.
		o.TokenBudget = max(o.TokenBudget, e.config.Context)
		blocks = (o.TokenBudget+o.BlockSize-1)/o.BlockSize + o.MaxSequences
	} else {
		blocks = e.poolSize()
	}
	for _, id := range e.config.EOS {
		e.ends[int32(id)] = true
	}
	e.maxLen = min(e.config.Context, blocks*o.BlockSize)
	if e.maxLen < 2 {
		return fmt.Errorf("option Blocks: a pool of %d tokens holds no prompt and answer", blocks*o.BlockSize)
	}
	var err error
	if e.cache, err = kvcache.New(blocks, o.BlockSize); err != nil {
		return err
	}
	cfg := scheduler.Config{MaxSequences: o.MaxSequences, TokenBudget: o.TokenBudget, Static: o.Static}
	if e.chunked {
		cfg.LongPrompt, cfg.Parts = o.TokenBudget, e.parts()
	}
	e.scheduler, err = scheduler.New(cfg, e.cache)
	if err != nil || e.encoder != nil {
		return err
	}
	return e.decoder.Reserve(blocks, o.BlockSize)
}

// poolSize is the number of KV blocks: room for MaxSequences whole contexts,
// within bounds, unless the options say otherwise.
func (e *Engine) poolSize() int {
	o, c := e.options, e.config
	if o.Blocks > 0 {
		return o.Blocks
	}
	perSequence := (c.Context + o.BlockSize - 1) / o.BlockSize
	perBlock := 2 * 4 * o.BlockSize * c.Layers * c.KVHeads * c.HeadDim
	return max(1, min(perSequence*o.MaxSequences, maxDefaultCache/perBlock))
}
