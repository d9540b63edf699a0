package llmapi

import (
	"context"
	"sync"
	"time"
)

// job is a request that waits for a worker, and then the text that the worker hands over. A reader that is slow
// holds nobody up: what it has not read waits here.
type job struct {
	ctx        context.Context
	generation generation
	alone      bool // never shares a batch: TorchServe has batches of one for gRPC streams
	arrived    time.Time

	mu    sync.Mutex
	taken time.Time // when a worker took it
	texts []string  // not yet read, as they were generated
	err   error     // why no more comes: io.EOF, or what went wrong
	ready chan struct{}
}

func newJob(ctx context.Context, g generation, alone bool, now time.Time) *job {
	return &job{ctx: ctx, generation: g, alone: alone, arrived: now, ready: make(chan struct{}, 1)}
}

// take notes that a worker has the job.
func (j *job) take(now time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.taken = now
}

// queued is how long the job waited for a worker.
func (j *job) queued() time.Duration {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.taken.Sub(j.arrived)
}

// push hands a text over, or why no more comes.
func (j *job) push(text string, err error) {
	j.mu.Lock()
	if j.err = err; err == nil {
		j.texts = append(j.texts, text)
	}
	j.mu.Unlock()
	select {
	case j.ready <- struct{}{}:
	default:
	}
}

// next returns the next text, then io.EOF or what went wrong.
func (j *job) next() (string, error) {
	for {
		if text, err := j.pop(); text != "" || err != nil {
			return text, err
		}
		select {
		case <-j.ready:
		case <-j.ctx.Done():
			return "", j.ctx.Err()
		}
	}
}

// pop returns what is there.
func (j *job) pop() (string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.texts) == 0 {
		return "", j.err
	}
	text := j.texts[0]
	j.texts = j.texts[1:]
	return text, nil
}
