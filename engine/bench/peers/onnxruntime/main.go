// Command onnxruntime runs the benchmark's work on onnxruntime: LIBRARY MODEL
// THREADS. It writes "ready" and then answers each line with the tokens a second of
// prefill, decode of one sequence and decode of eight, and the token after the prompt.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	ort "github.com/yalue/onnxruntime_go"
)

// The work and the model, as in the benchmark.
const (
	promptTokens = 128
	prefills     = 4 // of the same prompt; the first warms up
	decodeSteps  = 64
	sequences    = 8
	batchSteps   = 32
	vocab        = 32000
	layers       = 8
	kvHeads      = 4
	headDim      = 64
	positions    = 256
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
	ort.SetSharedLibraryPath(lib)
	if err := ort.InitializeEnvironment(); err != nil {
		return err
	}
	o, err := ort.NewSessionOptions()
	if err != nil {
		return err
	}
	if err := o.SetIntraOpNumThreads(n); err != nil {
		return err
	}
	ins, outs := []string{"ids", "seqlens", "total", "last"}, []string{"head_y"}
	for l := range layers {
		ins = append(ins, fmt.Sprintf("past_key_%d", l), fmt.Sprintf("past_value_%d", l))
		outs = append(outs, fmt.Sprintf("present_key_%d", l), fmt.Sprintf("present_value_%d", l))
	}
	r := &runner{}
	if r.session, err = ort.NewDynamicAdvancedSession(path, ins, outs, o); err != nil {
		return err
	}
	if r.one, err = caches(1); err != nil {
		return err
	}
	if r.many, err = caches(sequences); err != nil {
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

// runner is a session with caches that are input and output at once.
type runner struct {
	session   *ort.DynamicAdvancedSession
	one, many []ort.Value
}

func caches(batch int64) ([]ort.Value, error) {
	var out []ort.Value
	for range 2 * layers {
		t, err := ort.NewEmptyTensor[float32](ort.NewShape(batch, kvHeads, positions, headDim))
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// forward computes tokens for each sequence after past ones; the results are the
// greatest logits' tokens.
func (r *runner) forward(cache []ort.Value, batch, past int, ids []int64) (next []int64, err error) {
	tokens := len(ids) / batch
	lengths, last := make([]int32, batch), make([]int64, batch)
	for i := range batch {
		lengths[i], last[i] = int32(past+tokens-1), int64((i+1)*tokens-1)
	}
	var values []ort.Value
	keep := func(v ort.Value, e error) {
		err = errors.Join(err, e)
		values = append(values, v)
	}
	i, e := ort.NewTensor(ort.NewShape(int64(batch), int64(tokens)), ids)
	keep(i, e)
	s, e := ort.NewTensor(ort.NewShape(int64(batch)), lengths)
	keep(s, e)
	t, e := ort.NewTensor(ort.NewShape(1), []int32{int32(past + tokens)})
	keep(t, e)
	l, e := ort.NewTensor(ort.NewShape(int64(batch)), last)
	keep(l, e)
	logits, e := ort.NewEmptyTensor[float32](ort.NewShape(int64(batch), vocab))
	if err = errors.Join(err, e); err != nil {
		return nil, err
	}
	if err := r.session.Run(append(values, cache...), append([]ort.Value{logits}, cache...)); err != nil {
		return nil, err
	}
	data := logits.GetData()
	for b := range batch {
		row := data[b*vocab : (b+1)*vocab]
		best := 0
		for i, v := range row {
			if v > row[best] {
				best = i
			}
		}
		next = append(next, int64(best))
	}
	for _, v := range append(values, ort.Value(logits)) {
		err = errors.Join(err, v.Destroy())
	}
	return next, err
}

// prompts are the prompts of some sequences, one after the other.
func prompts(batch int) []int64 {
	var out []int64
	for s := range batch {
		for i := range promptTokens {
			out = append(out, int64(((i*7919+13)%vocab+s)%vocab))
		}
	}
	return out
}

// sample is the answer to one line.
type sample struct {
	prefill, one, many float64
	first              int64
}

func (r *runner) measure() (s sample, err error) {
	var next []int64
	var times []float64
	for range prefills {
		begin := time.Now()
		if next, err = r.forward(r.one, 1, 0, prompts(1)); err != nil {
			return s, err
		}
		times = append(times, time.Since(begin).Seconds())
	}
	slices.Sort(times[1:])
	s.first = next[0]
	s.prefill = promptTokens / times[prefills/2]
	begin := time.Now()
	for i := range decodeSteps {
		if next, err = r.forward(r.one, 1, promptTokens+i, next); err != nil {
			return s, err
		}
	}
	s.one = decodeSteps / time.Since(begin).Seconds()
	if next, err = r.forward(r.many, sequences, 0, prompts(sequences)); err != nil {
		return s, err
	}
	begin = time.Now()
	for i := range batchSteps {
		if next, err = r.forward(r.many, sequences, promptTokens+i, next); err != nil {
			return s, err
		}
	}
	s.many = sequences * batchSteps / time.Since(begin).Seconds()
	return s, nil
}
