package engine

// Static batching is what engines did before continuous batching, kept to measure
// the difference: a batch is a rectangle. It takes nobody in until its longest
// sequence has ended, and the rows of those that ended earlier are computed along
// as padding.

// idle lets a finished sequence take part in one more step.
func (e *Engine) idle(q *sequence) {
	if len(q.Tokens) < q.Limit+e.padding(q) {
		q.Tokens = append(q.Tokens, q.Tokens[len(q.Tokens)-1])
	}
}

// padding is how far beyond its limit a finished sequence may grow: what its last
// block still holds, because no more was promised to it.
func (e *Engine) padding(q *sequence) int {
	size := e.cache.BlockSize()
	return (size - q.Limit%size) % size
}

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
