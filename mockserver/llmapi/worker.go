package llmapi

import (
	"context"
	"time"
)

// job is a request that waits for its turn.
type job struct {
	ctx        context.Context
	generation generation
	alone      bool // never shares a batch: TorchServe has batches of one for gRPC streams
	arrived    time.Time

	started chan start    // gets one value, when a worker has taken the job to the engine or refused it
	done    chan struct{} // closed by the request's own goroutine when the text has ended
}

// start is how a job begins.
type start struct {
	at     time.Time
	stream textStream
	err    error
}

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
	var held *job
	for {
		var batch []*job
		batch, held = w.gather(ctx, held)
		if len(batch) == 0 {
			return
		}
		w.dispatch(batch)
		for _, j := range batch {
			<-j.done
		}
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

// dispatch takes a batch to the engine.
func (w *worker) dispatch(batch []*job) {
	for _, j := range batch {
		s := start{at: w.model.now()}
		if s.err = j.ctx.Err(); s.err == nil {
			s.stream, s.err = w.model.generator.generate(j.ctx, j.generation)
		}
		j.started <- s
	}
}
