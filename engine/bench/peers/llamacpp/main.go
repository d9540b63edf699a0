// Command llamacpp runs the benchmark's work on llama.cpp: LIBRARIES MODEL THREADS.
// It writes "ready" and then answers each line with the tokens a second of prefill,
// decode of one sequence and decode of eight, and the token after the prompt.
package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/hybridgroup/yzma/pkg/llama"
)

// The work of a sample, as in the benchmark.
const (
	promptTokens = 128
	prefills     = 4 // of the same prompt; the first warms up
	decodeSteps  = 64
	sequences    = 8
	batchSteps   = 32
	vocab        = 32000
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(lib, path, threads string) error {
	n, err := strconv.Atoi(threads)
	if err != nil {
		return err
	}
	if err := llama.Load(lib); err != nil {
		return err
	}
	llama.LogSet(llama.LogSilent())
	llama.GGMLBackendLoadAllFromPath(lib)
	llama.Init()
	model, err := llama.ModelLoadFromFile(path, llama.ModelDefaultParams())
	if err != nil {
		return err
	}
	p := llama.ContextDefaultParams()
	p.NCtx = sequences * 256
	p.NBatch, p.NUbatch = 512, 512
	p.NSeqMax = sequences + 1
	p.NThreads, p.NThreadsBatch = int32(n), int32(n)
	ctx, err := llama.InitFromModel(model, p)
	if err != nil {
		return err
	}
	llama.SetNThreads(ctx, int32(n), int32(n))
	r := &runner{ctx: ctx, batch: llama.BatchInit(512, 0, sequences+1)}
	if r.memory, err = llama.GetMemory(ctx); err != nil {
		return err
	}
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		s, err := r.measure()
		if err != nil {
			return err
		}
		fmt.Println(s.prefill, s.one, s.many, s.first)
	}
	return nil
}

// runner is a context with its batch.
type runner struct {
	ctx    llama.Context
	memory llama.Memory
	batch  llama.Batch
}

// prompt fills the batch with the prompt of a sequence.
func (r *runner) prompt(s int) {
	r.batch.NTokens = 0
	for i := range promptTokens {
		token := llama.Token(((i*7919+13)%vocab + s) % vocab)
		r.batch.Add(token, llama.Pos(i), []llama.SeqId{llama.SeqId(s)}, i == promptTokens-1)
	}
}

// next decodes the batch and returns the greatest logits' tokens of the given rows.
func (r *runner) next(rows ...int32) ([]llama.Token, error) {
	if _, err := llama.Decode(r.ctx, r.batch); err != nil {
		return nil, err
	}
	var out []llama.Token
	for _, row := range rows {
		logits, err := llama.GetLogitsIth(r.ctx, row, vocab)
		if err != nil {
			return nil, err
		}
		best := 0
		for i, v := range logits {
			if v > logits[best] {
				best = i
			}
		}
		out = append(out, llama.Token(best))
	}
	return out, nil
}

// sample is the answer to one line.
type sample struct {
	prefill, one, many float64
	first              llama.Token
}

func (r *runner) measure() (s sample, err error) {
	var tokens []llama.Token
	var times []float64
	for range prefills {
		if err := llama.MemoryClear(r.memory, true); err != nil {
			return s, err
		}
		r.prompt(0)
		begin := time.Now()
		if tokens, err = r.next(-1); err != nil {
			return s, err
		}
		times = append(times, time.Since(begin).Seconds())
	}
	slices.Sort(times[1:])
	s.first = tokens[0]
	s.prefill = promptTokens / times[prefills/2]
	begin := time.Now()
	for i := range decodeSteps {
		r.batch.NTokens = 0
		r.batch.Add(tokens[0], llama.Pos(promptTokens+i), []llama.SeqId{0}, true)
		if tokens, err = r.next(-1); err != nil {
			return s, err
		}
	}
	s.one = decodeSteps / time.Since(begin).Seconds()
	if err := llama.MemoryClear(r.memory, true); err != nil {
		return s, err
	}
	current, rows := make([]llama.Token, sequences), make([]int32, sequences)
	for seq := range sequences {
		r.prompt(seq)
		first, err := r.next(-1)
		if err != nil {
			return s, err
		}
		current[seq], rows[seq] = first[0], int32(seq)
	}
	begin = time.Now()
	for i := range batchSteps {
		r.batch.NTokens = 0
		for seq, token := range current {
			r.batch.Add(token, llama.Pos(promptTokens+i), []llama.SeqId{llama.SeqId(seq)}, true)
		}
		if current, err = r.next(rows...); err != nil {
			return s, err
		}
	}
	s.many = sequences * batchSteps / time.Since(begin).Seconds()
	return s, nil
}
