package engine

import (
	"errors"
	"time"

	"github.com/inference-iac/terraform-provider-inference/engine/backend/sim"
	"github.com/inference-iac/terraform-provider-inference/engine/checkpoint"
	"github.com/inference-iac/terraform-provider-inference/engine/model"
	"github.com/inference-iac/terraform-provider-inference/engine/roofline"
)

// simulatedText is what a simulated model writes, whatever it is asked.
const simulatedText = "This answer is simulated: its tokens take the time that the named GPU would need for them."

// Simulate opens an engine without weights: steps take the time that the roofline
// of a named GPU predicts for a model of this shape, and the text is always the
// same. Scheduling, batching and the accounting of the cache are the real ones.
// The tokenizer is that of the embedded model. A model that does not fit the GPU
// is refused with roofline.ErrTooLarge.
func Simulate(gpu string, s roofline.Shape, o Options) (*Engine, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	g, err := roofline.Find(gpu)
	if err != nil {
		return nil, err
	}
	positions, err := roofline.Positions(g, s)
	if err != nil {
		return nil, err
	}
	f, err := model.OpenFS(checkpoint.Files())
	if err != nil {
		return nil, err
	}
	e := newEngine(o)
	e.files = f
	if e.tokenizer, e.template, err = loadText(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	e.config = model.Config{
		Architecture: "Simulated", Family: "simulated", Hidden: s.Heads * s.HeadDim, Vocab: e.tokenizer.Size(), Context: s.Context,
		Layers: s.Layers, Heads: s.Heads, KVHeads: s.KVHeads, HeadDim: s.HeadDim,
	}
	end := int32(e.tokenizer.Size() - 1)
	e.config.EOS = []int{int(end)}
	m, err := sim.New(g, s, sim.Config{
		Vocab: e.config.Vocab, Hidden: e.config.Hidden, Text: e.tokenizer.Encode(simulatedText, false), End: end, Wait: time.Sleep,
	})
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	e.decoder, e.backend = m, m
	e.info.Parameters, e.info.WeightBytes = int(s.Parameters), int(s.Weights())
	if e.options.Blocks == 0 {
		e.options.Blocks = max(1, positions/o.BlockSize)
	}
	if err := e.start(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return e, nil
}
