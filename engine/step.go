package engine

import (
	"errors"
	"io"
	"runtime"

	"github.com/inference-iac/terraform-provider-inference/engine/model"
	"github.com/inference-iac/terraform-provider-inference/engine/scheduler"
)

// loop runs steps while there is work and sleeps while there is none.
func (e *Engine) loop() {
	defer close(e.done)
	for e.receive() {
		if err := e.step(); err != nil {
			e.failAll(err)
		}
	}
	e.failAll(ErrClosed)
}

// receive takes in what callers did since the last step. It waits while nothing
// is to be computed and answers false once the engine closes.
func (e *Engine) receive() bool {
	for {
		e.mu.Lock()
		inbox, aborts, closed := e.inbox, e.aborts, e.closed
		e.inbox, e.aborts = nil, nil
		e.changed.Store(false)
		e.mu.Unlock()
		for _, j := range inbox {
			e.admit(j)
		}
		for _, j := range aborts {
			if j.open > 0 {
				e.abort(j, ErrClosed) // the stream has its own reason already
			}
		}
		if closed {
			return false
		}
		if e.scheduler.Running()+e.scheduler.Waiting() > 0 {
			return true
		}
		e.observeQueues()
		<-e.wake
	}
}

// admit queues a job's sequences.
func (e *Engine) admit(j *job) {
	for _, q := range j.sequences {
		e.live[&q.Sequence] = q
		if err := e.scheduler.Add(&q.Sequence); err != nil {
			e.abort(j, err)
			return
		}
	}
}

// failAll ends every job, those that the loop has not seen included.
func (e *Engine) failAll(err error) {
	e.mu.Lock()
	inbox := e.inbox
	e.inbox = nil
	e.mu.Unlock()
	for _, j := range inbox {
		e.abort(j, err)
	}
	for _, q := range e.live {
		e.abort(q.job, err)
	}
}

// step is schedule, forward, sample, commit.
func (e *Engine) step() error {
	if e.options.Static {
		e.releaseStatic()
	}
	plan := e.scheduler.Schedule()
	if len(plan) == 0 {
		return nil // the last running one was preempted; the next step admits it again
	}
	e.rows, e.planned = e.rows[:0], e.planned[:0]
	now := e.options.Clock()
	for _, slot := range plan {
		q := e.live[slot.Sequence]
		e.planned = append(e.planned, q)
		if q.scheduled.IsZero() {
			q.scheduled = now
		}
		for pos := slot.Start; pos < slot.Start+slot.Count && e.encoder == nil; pos++ {
			e.rows = append(e.rows, q.row(pos))
		}
	}
	if e.encoder != nil {
		return e.encodeStep(plan)
	}
	// Whoever comes while long prompts are alone need not wait for their step. The
	// step after it is computed in any case, so that they get on.
	var stop func() bool
	if !e.gaveUp && e.scheduler.Patient(plan) {
		stop = e.changed.Load
	}
	out, err := e.decoder.Forward(e.rows, stop)
	if e.gaveUp = errors.Is(err, model.ErrStopped); e.gaveUp {
		return nil
	}
	if err != nil {
		return err
	}
	e.record(func(m *metricsCounter) { m.steps++ })
	e.scheduler.Commit(plan)
	e.draws = e.draws[:0]
	for i, slot := range plan {
		q := e.planned[i]
		switch {
		case q.embed != nil:
			states := out.Hidden[:slot.Count*e.config.Hidden]
			out.Hidden = out.Hidden[len(states):]
			e.pool(q, slot, states)
		case slot.Last():
			logits := out.Logits[:e.config.Vocab]
			out.Logits = out.Logits[e.config.Vocab:]
			if q.finished {
				e.idle(q)
				continue
			}
			e.draws = append(e.draws, draw{sequence: q, logits: logits})
		}
	}
	e.sample()
	for _, d := range e.draws {
		e.deliver(d)
	}
	e.observeQueues()
	if len(e.draws) > 0 {
		// The backend's threads hold all processors through a step; readers that have
		// just been woken would see their tokens only when one of them waits.
		runtime.Gosched()
	}
	return nil
}

// finishSequence records the end of one choice and, with the last one, of its
// job. The gauges are up to date when a caller sees the end of its stream.
func (e *Engine) finishSequence(q *sequence, reason string) {
	q.finished = true
	e.observeFinish(q, reason)
	if !e.options.Static {
		e.drop(q)
	}
	if q.job.open--; q.job.open == 0 {
		e.observeQueues()
		q.job.release()
		q.job.stream.end(io.EOF)
	}
}

// drop takes a sequence out of the scheduler.
func (e *Engine) drop(q *sequence) {
	e.scheduler.Remove(&q.Sequence)
	delete(e.live, &q.Sequence)
}

// pool adds the hidden states of a slot to a text's sum, in order of position, so
// that chunks change nothing.
func (e *Engine) pool(q *sequence, slot scheduler.Slot, states []float32) {
	if slot.Start == 0 {
		clear(q.embed) // after a preemption it begins anew
	}
	for ; len(states) > 0; states = states[len(q.embed):] {
		for i := range q.embed {
			q.embed[i] += states[i]
		}
	}
	if slot.Last() {
		for i := range q.embed {
			q.embed[i] /= float32(len(q.Tokens))
		}
		e.finishSequence(q, FinishStop)
	}
}
