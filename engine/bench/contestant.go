package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
	"github.com/inference-iac/terraform-provider-inference/engine/backend/cpu"
	"github.com/inference-iac/terraform-provider-inference/engine/model"
)

// The work of a sample, the same for everybody.
const (
	promptTokens = 128
	prefills     = 4  // of the same prompt; the first warms up
	decodeSteps  = 64 // of one sequence
	batch        = 8
	batchSteps   = 32
)

// prompt is token i of every prompt.
func prompt(i, vocab int) int32 { return int32((i*7919 + 13) % vocab) }

// cell names a column of the tables.
var cells = [...]string{"prefill 128", "decode batch 1", "decode batch 8"}

// sample is tokens per second, by cell, and the token that followed the prompt:
// the same for everybody, or the weights are not the same.
type sample struct {
	speed [len(cells)]float64
	first int
}

// contestant runs the work once and says how fast it was.
type contestant interface {
	measure() (sample, error)
	close() error
}

// ours is the engine's decoder without scheduler and text.
type ours struct {
	files   *model.Files
	backend *cpu.Backend
	decoder *model.Decoder
	tables  [][]int32 // cache blocks by sequence
}

const blockSize = 16

// newOurs loads the checkpoint in a number format.
func newOurs(dir string, threads int, format backend.Format) (*ours, error) {
	f, err := model.OpenDir(dir)
	if err != nil {
		return nil, err
	}
	o := &ours{files: f, backend: cpu.New(threads)}
	if o.decoder, _, err = model.Load(f, o.backend, format); err != nil {
		return nil, errors.Join(err, o.close())
	}
	const perSequence = (promptTokens+decodeSteps)/blockSize + 1
	if err := o.decoder.Reserve(batch*perSequence, blockSize); err != nil {
		return nil, errors.Join(err, o.close())
	}
	for s := range batch {
		table := make([]int32, perSequence)
		for i := range table {
			table[i] = int32(s*perSequence + i)
		}
		o.tables = append(o.tables, table)
	}
	return o, nil
}

func (o *ours) close() error { return errors.Join(o.backend.Close(), o.files.Close()) }

// measure implements contestant.
func (o *ours) measure() (out sample, err error) {
	vocab := o.decoder.Vocab
	forward := func(rows []model.Row) []int32 {
		if err != nil {
			return make([]int32, batch)
		}
		var got model.Output
		got, err = o.decoder.Forward(rows, nil)
		var next []int32
		for l := got.Logits; len(l) >= vocab; l = l[vocab:] {
			next = append(next, greatest(l[:vocab]))
		}
		return next
	}
	rows := make([]model.Row, promptTokens)
	fill := func(s int) {
		for i := range rows {
			token := (prompt(i, vocab) + int32(s)) % int32(vocab)
			rows[i] = model.Row{Token: token, Pos: i, Table: o.tables[s], Logits: i == promptTokens-1}
		}
	}
	fill(0)
	var next []int32
	var times []float64
	for range prefills {
		begin := time.Now()
		next = forward(rows)
		times = append(times, time.Since(begin).Seconds())
	}
	out.first = int(next[0])
	out.speed[0] = promptTokens / median(times[1:])
	begin := time.Now()
	for i := range decodeSteps {
		next = forward([]model.Row{{Token: next[0], Pos: promptTokens + i, Table: o.tables[0], Logits: true}})
	}
	out.speed[1] = decodeSteps / time.Since(begin).Seconds()
	next = next[:0]
	for s := range batch {
		fill(s)
		next = append(next, forward(rows)[0])
	}
	begin = time.Now()
	for i := range batchSteps {
		step := make([]model.Row, batch)
		for s := range step {
			step[s] = model.Row{Token: next[s], Pos: promptTokens + i, Table: o.tables[s], Logits: true}
		}
		next = forward(step)
	}
	out.speed[2] = batch * batchSteps / time.Since(begin).Seconds()
	return out, err
}

// greatest is the index of the largest logit.
func greatest(logits []float32) int32 {
	best := 0
	for i, v := range logits {
		if v > logits[best] {
			best = i
		}
	}
	return int32(best)
}

// bytesPerToken is what one decode step of one sequence reads: all weights once,
// and on average so many keys and values.
func (o *ours) bytesPerToken() float64 {
	d := o.decoder
	positions := promptTokens + decodeSteps/2
	return float64(d.WeightBytes + 2*4*positions*d.Layers*d.KVHeads*d.HeadDim)
}

func (o *ours) String() string { return fmt.Sprintf("engine, %s", o.backend.Name()) }
