package engine

import (
	"fmt"

	"github.com/inference-iac/terraform-provider-inference/engine/kvcache"
	"github.com/inference-iac/terraform-provider-inference/engine/scheduler"
)

// chunk is the part of a long prompt that a processor computes in one step. On
// processors a step is bound by computing from about four rows on, so that small
// parts cost a tenth to a fifth of the speed and keep steps as short as two or
// three of decoding. GPUs need hundreds of rows to be busy.
const chunk = 16

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
		cfg.LongPrompt, cfg.Chunk = o.TokenBudget, chunk
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
