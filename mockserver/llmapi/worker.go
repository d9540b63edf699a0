package llmapi

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// worker takes jobs from the queue of a model in batches, as a worker process of TorchServe does: a batch goes to the
// engine together, and the next one when all its texts have ended.
type worker struct {
	model *model
	id    int
	since time.Time
	stop  context.CancelFunc
}

// run works until ctx ends; the batch that it has then is served.
func (w *worker) run(ctx context.Context) {
	var batch []*job
	var held *job
	for {
		if batch, held = w.gather(ctx, held); len(batch) == 0 {
			return
		}
		w.serve(batch)
	}
}

// gather waits for a job, then at most the batch delay for others, until the batch is full. A job that must be alone
// ends the batch before it and is held for the next.
func (w *worker) gather(ctx context.Context, held *job) (batch []*job, next *job) {
	first := held
	if first == nil {
		if ctx.Err() != nil {
			return nil, nil // whatever waits is for others
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case first = <-w.model.queue:
		}
	}
	batch = append(batch, first)
	if first.alone || w.model.settings.BatchSize == 1 {
		return batch, nil
	}
	delay := time.NewTimer(w.model.settings.MaxBatchDelay)
	defer delay.Stop()
	for len(batch) < w.model.settings.BatchSize {
		select {
		case j := <-w.model.queue:
			if j.alone {
				return batch, j
			}
			batch = append(batch, j)
		case <-delay.C:
			return batch, nil
		case <-ctx.Done():
			return batch, nil
		}
	}
	return batch, nil
}

// serve takes a batch to the engine and hands its texts over until the last has ended.
func (w *worker) serve(batch []*job) {
	var serving sync.WaitGroup
	for _, j := range batch {
		if j.ctx.Err() != nil {
			continue // who asked has gone
		}
		j.take(w.model.now())
		ctx, cancel := context.WithCancelCause(j.ctx)
		stream, err := w.model.generator.generate(ctx, j.generation)
		if err != nil {
			cancel(nil)
			j.push("", err)
			continue
		}
		serving.Go(func() {
			defer cancel(nil)
			w.handOver(ctx, cancel, j, stream)
		})
	}
	serving.Wait()
}

// handOver reads a text to its end. One that pauses for too long is given up: the worker of TorchServe that does
// not answer in time is killed, and the words are what its clients see.
func (w *worker) handOver(ctx context.Context, cancel context.CancelCauseFunc, j *job, stream textStream) {
	timeout := w.model.settings.ResponseTimeout
	timer := time.AfterFunc(timeout, func() {
		cancel(faultf(internalError, "Worker died. Model %s sent nothing within its response timeout of %s.", w.model.settings.Name, timeout))
	})
	defer timer.Stop()
	for {
		text, err := stream.next(ctx)
		timer.Reset(timeout)
		if err != nil && !errors.Is(err, io.EOF) {
			err = reason(ctx, err)
		}
		j.push(text, err)
		if err != nil {
			return
		}
	}
}

// reason prefers the fault that ended a text to what it led to.
func reason(ctx context.Context, err error) error {
	var f *fault
	if errors.As(context.Cause(ctx), &f) {
		return f
	}
	return err
}
