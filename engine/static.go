package engine

// Static batching is what engines did before continuous batching, kept to measure
// the difference: a batch is a rectangle. It takes nobody in until its longest
// sequence has ended, and the rows of those that ended earlier are computed along
// as padding.

// idle lets a finished sequence take part in the next step: its last token is
// computed again, to the same bits.
func (e *Engine) idle(q *sequence) { e.scheduler.Rewind(&q.Sequence) }

// releaseStatic ends the batch once nobody in it is left to finish.
func (e *Engine) releaseStatic() {
	for _, q := range e.live {
		if !q.finished && len(q.Blocks()) > 0 {
			return
		}
	}
	for _, q := range e.live {
		if q.finished {
			e.drop(q)
		}
	}
}
