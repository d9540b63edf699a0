package engine

import (
	"github.com/inference-iac/terraform-provider-inference/engine/sample"
)

// draw is a token that a step samples for one sequence.
type draw struct {
	sequence *sequence
	logits   []float32
	token    int32
	logprobs []TokenLogprob
}

// sample draws all tokens of a step. They are shared out over the backend's
// threads, because one thread alone takes about a tenth of a full step to look
// through the logits of a large vocabulary.
func (e *Engine) sample() {
	e.each(len(e.draws), func(worker, i int) {
		d := &e.draws[i]
		q := d.sequence
		d.token = e.samplers[worker].Sample(d.logits, q.request.params(), q.choice, q.outputs())
		if q.request.Logprobs {
			d.logprobs = []TokenLogprob{e.logprob(d.logits, d.token, q.request.TopLogprobs)}
		}
	})
}

// deliver gives a sampled token to its sequence and to whoever reads.
func (e *Engine) deliver(d draw) {
	q := d.sequence
	ev := Event{Choice: q.choice, Logprobs: d.logprobs}
	ev.Text, ev.FinishReason = q.accept(d.token, e.ends[d.token])
	e.observeToken(q)
	q.job.stream.push(ev, 1)
	if ev.FinishReason != "" {
		e.finishSequence(q, ev.FinishReason)
	}
}

// logprob names a token and its alternatives.
func (e *Engine) logprob(logits []float32, token int32, top int) TokenLogprob {
	chosen, best := sample.Logprobs(logits, token, top)
	out := e.named(chosen)
	for _, b := range best {
		out.Top = append(out.Top, e.named(b))
	}
	return out
}

func (e *Engine) named(l sample.Logprob) TokenLogprob {
	b := e.tokenizer.Bytes(l.ID)
	return TokenLogprob{Token: validText(b), Bytes: b, Logprob: l.Logprob}
}

// oneByOne shares nothing out.
func oneByOne(n int, f func(worker, part int)) {
	for i := range n {
		f(0, i)
	}
}
