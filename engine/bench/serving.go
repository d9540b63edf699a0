package main

import (
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"time"

	"github.com/inference-iac/terraform-provider-inference/engine"
)

// The load of the batching measurement.
const (
	requests       = 64
	shortest       = 8
	longest        = 256
	requestPrompt  = 16
	batchSequences = 32
)

// outputTokens is the length of answer i: from shortest to longest in equal
// ratios, in a fixed shuffled order, as answers have few long among many short.
func outputTokens(i int) int {
	place := i * 37 % requests // 37 and 64 have no common divisor
	return int(math.Round(shortest * math.Pow(longest/shortest, float64(place)/(requests-1))))
}

// text is a prompt of n tokens; different seeds share no prefix.
func text(seed, n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = word((i*7919 + seed*104729 + 13) % forty().vocab)
	}
	return strings.Join(words, " ")
}

// serving measures the whole engine: batching and time to first token.
func serving(ctx context.Context, o options, r *report, dir string) error {
	for _, f := range o.formats {
		if err := batching(ctx, o, r, dir, engine.Format(f)); err != nil {
			return err
		}
		if err := firstTokens(ctx, o, r, dir, engine.Format(f)); err != nil {
			return err
		}
	}
	return nil
}

// batching compares continuous with static batches, by turns.
func batching(ctx context.Context, o options, r *report, dir string, f engine.Format) (err error) {
	var engines []*engine.Engine
	defer func() {
		for _, e := range engines {
			err = errors.Join(err, e.Close())
		}
	}()
	for _, static := range []bool{false, true} {
		e, err := engine.Open(dir, engine.Options{Threads: o.threads, Format: f, MaxSequences: batchSequences, Blocks: 1024, Static: static})
		if err != nil {
			return err
		}
		engines = append(engines, e)
	}
	var speeds [2][]float64
	var ratios []float64
	for turn := range o.repetitions {
		for i, e := range engines {
			s, err := throughput(ctx, e, turn)
			if err != nil {
				return err
			}
			speeds[i] = append(speeds[i], s)
		}
		ratios = append(ratios, speeds[0][turn]/speeds[1][turn])
	}
	r.printf("batching %s, %d requests, %d to %d tokens in equal ratios, at most %d at a time: continuous %.0f, static %.0f tokens/s\n",
		f, requests, shortest, longest, batchSequences, median(speeds[0]), median(speeds[1]))
	r.bar("continuous-against-static-"+string(f), median(ratios), 3, false)
	return nil
}

// throughput is output tokens a second of all requests together, from the first
// one's submission on.
func throughput(ctx context.Context, e *engine.Engine, turn int) (float64, error) {
	// Something runs until all have been submitted, so that static batches are full.
	busy, release := context.WithCancel(ctx)
	defer release()
	running, err := e.Submit(busy, engine.Request{Prompt: text(500+turn, requestPrompt)})
	if err != nil {
		return 0, err
	}
	if _, err := running.Next(ctx); err != nil {
		return 0, err
	}
	begin := time.Now()
	var streams []*engine.Stream
	for i := range requests {
		s, err := e.Submit(ctx, engine.Request{Prompt: text(turn*requests+i, requestPrompt), MaxTokens: outputTokens(i)})
		if err != nil {
			return 0, err
		}
		streams = append(streams, s)
	}
	release()
	tokens := 0
	for _, s := range streams {
		if err := drain(ctx, s); err != nil {
			return 0, err
		}
		tokens += s.Usage().CompletionTokens
	}
	return float64(tokens) / time.Since(begin).Seconds(), nil
}

// drain reads a stream to its end.
func drain(ctx context.Context, s *engine.Stream) error {
	for {
		if _, err := s.Next(ctx); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// The load of the measurement of the time to first token.
const (
	longPrompt  = 4096
	shortPrompt = 16
)

// firstTokens measures a short prompt alone and while a long one prefills.
func firstTokens(ctx context.Context, o options, r *report, dir string, f engine.Format) (err error) {
	e, err := engine.Open(dir, engine.Options{Threads: o.threads, Format: f, Blocks: 1024})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	var alone, loaded, steps, extra []float64
	for turn := range o.repetitions + 1 {
		a, step, err := shortRequest(ctx, e, 2*turn)
		if err != nil {
			return err
		}
		long, err := e.Submit(ctx, engine.Request{Prompt: text(1000+turn, longPrompt), MaxTokens: 1})
		if err != nil {
			return err
		}
		// Arrive at another moment of the prefill, and of a step, in every turn.
		select {
		case <-time.After(time.Duration(50+17*turn) * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
		finished := e.Metrics().RequestSuccess[engine.FinishLength]
		b, _, err := shortRequest(ctx, e, 2*turn+1)
		if err != nil {
			return err
		}
		if e.Metrics().RequestSuccess[engine.FinishLength] > finished+1 {
			r.printf("note: the long prompt finished before the short one had its last token\n")
		}
		if err := drain(ctx, long); err != nil {
			return err
		}
		if turn > 0 { // the first warms up
			alone, loaded, steps = append(alone, a), append(loaded, b), append(steps, step)
			extra = append(extra, (b-a)/step)
		}
	}
	r.printf("first token %s, %d-token prompt: %.1f ms alone, %.1f ms while %d tokens prefill; decode step %.1f ms\n",
		f, shortPrompt, 1e3*median(alone), 1e3*median(loaded), longPrompt, 1e3*median(steps))
	r.bar("first-token-under-prefill-"+string(f), median(extra), 3, true)
	return nil
}

// shortRequest is the time to first token of a short prompt, and the time of a
// decode step after it.
func shortRequest(ctx context.Context, e *engine.Engine, seed int) (first, step float64, err error) {
	const tokens = 9
	begin := time.Now()
	s, err := e.Submit(ctx, engine.Request{Prompt: text(seed, shortPrompt), MaxTokens: tokens})
	if err != nil {
		return 0, 0, err
	}
	if _, err := s.Next(ctx); err != nil {
		return 0, 0, err
	}
	first = time.Since(begin).Seconds()
	if err := drain(ctx, s); err != nil {
		return 0, 0, err
	}
	return first, (time.Since(begin).Seconds() - first) / (tokens - 1), nil
}
