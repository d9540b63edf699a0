package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/inference-iac/terraform-provider-inference/engine"
)

// firstTokenCommand makes this program answer one request with the embedded model.
const firstTokenCommand = "first-token"

// start measures a process of the embedded model from its start to the first token.
func start(ctx context.Context, o options, r *report) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var times, sizes []float64
	for range o.repetitions {
		cmd := exec.CommandContext(ctx, self, firstTokenCommand)
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		begin := time.Now()
		if err := cmd.Start(); err != nil {
			return err
		}
		var size float64
		_, err = fmt.Fscan(out, &size)
		elapsed := time.Since(begin)
		if err := errors.Join(err, cmd.Wait()); err != nil {
			return err
		}
		times, sizes = append(times, 1e3*elapsed.Seconds()), append(sizes, size/1e6)
	}
	r.printf("embedded model: first token %.1f ms after the start of the process, resident size %.1f MB\n", median(times), median(sizes))
	r.bar("first-token-of-embedded-model-ms", median(times), 50, true)
	return nil
}

// firstToken answers one request and writes the resident size once a token is there.
func firstToken(w io.Writer) (err error) {
	ctx := context.Background()
	e, err := engine.Default(engine.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	s, err := e.Submit(ctx, engine.Request{Messages: []engine.Message{{Role: "user", Content: "What is a serving endpoint?"}}, MaxTokens: 1})
	if err != nil {
		return err
	}
	if _, err := s.Next(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, resident("VmRSS"))
	return err
}
