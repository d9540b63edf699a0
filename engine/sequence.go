package engine

import (
	"slices"
	"time"

	"github.com/inference-iac/terraform-provider-inference/engine/model"
	"github.com/inference-iac/terraform-provider-inference/engine/sample"
	"github.com/inference-iac/terraform-provider-inference/engine/scheduler"
	"github.com/inference-iac/terraform-provider-inference/engine/tokenizer"
)

// job is one Submit or one Embed: its sequences live and die together.
type job struct {
	stream    *Stream
	sequences []*sequence
	open      int // sequences that have not finished
	arrived   time.Time
	release   func() bool // stops watching the caller's context
}

// sequence is one choice or one text to embed: waiting or running in the
// scheduler, then finished. A preempted one waits again and keeps what it sampled.
type sequence struct {
	scheduler.Sequence
	job    *job
	choice int
	prompt int // leading tokens that the caller gave

	request Request
	text    *tokenizer.Stream
	stopper *sample.Stopper

	embed []float32 // sum of the hidden states so far; nil: text is wanted

	finished   bool
	scheduled  time.Time // first time in a step
	firstToken time.Time
}

// newSequences makes the choices of a request.
func newSequences(e *Engine, r Request, tokens []int32, j *job) {
	room := e.maxLen - len(tokens)
	if r.MaxTokens > 0 {
		room = min(room, r.MaxTokens)
	}
	for choice := range max(r.N, 1) {
		j.sequences = append(j.sequences, &sequence{
			Sequence: scheduler.Sequence{Tokens: slices.Clone(tokens), Limit: len(tokens) + room, NoPrefix: len(r.Embeddings) > 0},
			job:      j, choice: choice, prompt: len(tokens), request: r,
			text: e.tokenizer.Stream(), stopper: sample.NewStopper(r.Stop),
		})
	}
	j.open = len(j.sequences)
}

// accept adds a sampled token and says what it adds to the text.
func (q *sequence) accept(token int32, ends bool) (text, finish string) {
	q.Tokens = append(q.Tokens, token)
	if ends {
		return q.finish(FinishStop)
	}
	text, stopped := q.stopper.Push(q.text.Push(token))
	if stopped {
		return text, FinishStop
	}
	if len(q.Tokens) >= q.Limit {
		rest, finish := q.finish(FinishLength)
		return text + rest, finish
	}
	return text, ""
}

// finish gives out what was held back. A stop string can still complete in the
// bytes of an unfinished character, so they pass the stopper too.
func (q *sequence) finish(reason string) (text, finish string) {
	text, stopped := q.stopper.Push(q.text.Flush())
	if stopped {
		return text, FinishStop
	}
	return text + q.stopper.Flush(), reason
}

// row is what a step computes for one position.
func (q *sequence) row(pos int) model.Row {
	r := model.Row{
		Token: q.Tokens[pos], Pos: pos, Table: q.Blocks(),
		Logits: q.embed == nil && pos == len(q.Tokens)-1,
		Hidden: q.embed != nil,
	}
	if pos < len(q.request.Embeddings) {
		r.Embedding = q.request.Embeddings[pos]
	}
	return r
}

// outputs is the number of tokens sampled so far.
func (q *sequence) outputs() int { return len(q.Tokens) - q.prompt }
