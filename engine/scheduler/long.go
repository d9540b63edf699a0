package scheduler

// Parts says how much of a long prompt a step computes. The unit is the work of
// one token's weights, so that steps take as long at the end of a prompt, where
// each token looks at thousands, as at its beginning.
type Parts struct {
	Alone    int // beside long prompts only, which share it; the step can be given up
	Beside   int // beside sequences that decode
	Starting int // beside a prompt that is not long, whose first token should come soon
	// Positions is the number of positions that cost as much to attend to as a
	// token's weights cost; 0: attention costs nothing.
	Positions float64
}

// company is who is in a step beside a long prompt.
type company struct {
	long             int
	others, starting bool
}

// look sees who runs and who may be admitted.
func (s *Scheduler) look(admit bool) company {
	var c company
	see := func(list []*Sequence) {
		for _, q := range list {
			if s.isLong(q) {
				c.long++
				continue
			}
			c.others = true
			c.starting = c.starting || len(q.Tokens)-q.computed > 1
		}
	}
	see(s.running)
	if admit {
		see(s.waiting[:min(len(s.waiting), s.cfg.MaxSequences-len(s.running))])
	}
	return c
}

// isLong tells whether a sequence is computed in parts: from many missing tokens on
// until it has caught up.
func (s *Scheduler) isLong(q *Sequence) bool {
	left := len(q.Tokens) - q.computed
	return s.cfg.LongPrompt > 0 && (left > s.cfg.LongPrompt || q.long && left > 1)
}

// tokens is the size of the next part, at least 1, after computed tokens.
func (p Parts) tokens(c company, computed int) int {
	work := float64(p.Alone) / float64(max(1, c.long))
	switch {
	case c.starting:
		work = float64(p.Starting)
	case c.others:
		work = float64(p.Beside)
	}
	if p.Positions > 0 {
		work /= 1 + float64(computed)/p.Positions
	}
	return max(1, int(work))
}

// Patient tells whether a plan holds nothing but parts of long prompts, whose ends
// nobody waits for: the step may be given up for somebody who comes meanwhile. A
// plan that is not committed is planned again.
func (s *Scheduler) Patient(plan []Slot) bool {
	for _, p := range plan {
		if !p.Sequence.long || p.Last() {
			return false
		}
	}
	return true
}
