package scheduler

import (
	"errors"
	"fmt"
	"slices"

	"github.com/inference-iac/terraform-provider-inference/engine/kvcache"
)

// ErrTooLong means that a sequence can need more blocks than the pool has.
var ErrTooLong = errors.New("sequence does not fit the cache")

// Config bounds a step.
type Config struct {
	MaxSequences int  // sequences in one step
	TokenBudget  int  // tokens in one step; at least MaxSequences, else decode could starve
	Static       bool // admit only when nothing runs: the batch stays as it began until all have left
	// LongPrompt is the number of tokens above which a prompt is computed in parts,
	// so that others wait for short steps; 0: none is.
	LongPrompt int
	Parts      Parts
}

// Sequence is what the scheduler knows of one request.
type Sequence struct {
	// Tokens are all known tokens. The owner appends what it sampled, between steps.
	Tokens []int32
	// Limit is the most tokens that the sequence can come to hold.
	Limit int
	// NoPrefix keeps the sequence from skipping what the cache already holds,
	// because somebody wants the states of all its positions.
	NoPrefix bool
	// Whole sequences are computed in one step or not at all, because every token
	// sees all others. The token budget must hold the longest of them.
	Whole bool

	computed    int
	long        bool // computed in small parts until it has caught up
	table       kvcache.Table
	preemptions int
}

// Computed is the number of tokens whose keys and values are in the cache.
func (q *Sequence) Computed() int { return q.computed }

// Preemptions is how often the sequence lost its blocks.
func (q *Sequence) Preemptions() int { return q.preemptions }

// Blocks are the blocks that hold the sequence's keys and values.
func (q *Sequence) Blocks() []kvcache.Block { return q.table.Blocks() }

// Slot is the part of a step that one sequence got: Count tokens from Start on.
type Slot struct {
	Sequence     *Sequence
	Start, Count int
}

// Last tells whether the slot reaches the last known token, so that the next can be sampled.
func (s Slot) Last() bool { return s.Start+s.Count == len(s.Sequence.Tokens) }

// Scheduler keeps the queues. It is not safe for concurrent use.
type Scheduler struct {
	cfg         Config
	cache       *kvcache.Cache
	waiting     []*Sequence
	running     []*Sequence
	company     company // of the step that is planned
	preemptions uint64
}

// New is a scheduler over a cache.
func New(cfg Config, cache *kvcache.Cache) (*Scheduler, error) {
	if cfg.MaxSequences < 1 || cfg.TokenBudget < cfg.MaxSequences {
		return nil, fmt.Errorf("token budget %d for %d sequences: each running sequence needs one token a step", cfg.TokenBudget, cfg.MaxSequences)
	}
	return &Scheduler{cfg: cfg, cache: cache}, nil
}

// Add queues a sequence behind all others. It answers ErrTooLong if the whole
// pool could not hold it, because then it could never finish.
func (s *Scheduler) Add(q *Sequence) error {
	if q.Whole && len(q.Tokens) > s.cfg.TokenBudget {
		return fmt.Errorf("%w: %d tokens in one step, the budget is %d", ErrTooLong, len(q.Tokens), s.cfg.TokenBudget)
	}
	if need := s.cache.Need(max(q.Limit, len(q.Tokens))); need > s.cache.Total() {
		return fmt.Errorf("%w: %d blocks needed, the pool has %d", ErrTooLong, need, s.cache.Total())
	}
	s.waiting = append(s.waiting, q)
	return nil
}

// Waiting is the number of sequences that hold no place.
func (s *Scheduler) Waiting() int { return len(s.waiting) }

// Running is the number of sequences that hold blocks.
func (s *Scheduler) Running() int { return len(s.running) }

// Preemptions is how often a sequence lost its blocks so far.
func (s *Scheduler) Preemptions() uint64 { return s.preemptions }

// Schedule plans one step and reserves its blocks. An empty plan means that
// nothing is known that is not computed.
func (s *Scheduler) Schedule() []Slot {
	budget := s.cfg.TokenBudget
	admit := !s.cfg.Static || len(s.running) == 0
	plan := make([]Slot, 0, len(s.running)+1)
	s.company = s.look(admit)
	for i := 0; i < len(s.running); i++ {
		q := s.running[i]
		// One token is kept for everybody behind, so that a long prompt slows
		// decoding but cannot stop it.
		n := s.part(q, s.share(budget-(len(s.running)-1-i), admit && len(s.waiting) > 0))
		if n <= 0 {
			continue
		}
		for !s.cache.Grow(&q.table, q.computed+n) {
			admit = false
			if s.preemptLast() == q {
				return plan
			}
		}
		plan = append(plan, Slot{q, q.computed, n})
		budget -= n
	}
	for admit && budget > 0 && len(s.waiting) > 0 && len(s.running) < s.cfg.MaxSequences {
		q := s.waiting[0]
		if !q.NoPrefix {
			q.computed = s.cache.Match(&q.table, q.Tokens)
		}
		n := s.part(q, s.share(budget, len(s.waiting) > 1))
		if q.Whole {
			if n = len(q.Tokens); n > budget {
				break
			}
		}
		if !s.cache.Grow(&q.table, q.computed+n) {
			s.cache.Release(&q.table)
			q.computed = 0
			break
		}
		if q.preemptions == 0 && !q.NoPrefix {
			s.cache.Count(len(q.Tokens), q.computed)
		}
		s.waiting = s.waiting[1:]
		s.running = append(s.running, q)
		plan = append(plan, Slot{q, q.computed, n})
		budget -= n
	}
	return plan
}

// part is how many tokens of a sequence are computed within a budget.
func (s *Scheduler) part(q *Sequence, budget int) int {
	left := len(q.Tokens) - q.computed
	if q.long = s.isLong(q); q.long {
		left = min(left, s.cfg.Parts.tokens(s.company, q.computed))
	}
	return min(left, budget)
}

// share is what one sequence may take of the budget. While others wait for
// admission it is half, so that a short prompt behind a long one starts in the
// next step instead of after the long one's whole prefill.
func (s *Scheduler) share(budget int, contended bool) int {
	if contended && len(s.running) < s.cfg.MaxSequences {
		return max(min(budget, 1), budget/2)
	}
	return budget
}

// Commit records that a plan was computed. Call it before tokens are appended.
func (s *Scheduler) Commit(plan []Slot) {
	for _, p := range plan {
		q := p.Sequence
		q.computed += p.Count
		s.cache.Publish(&q.table, q.Tokens, q.computed)
	}
}

// Rewind makes the last known token of a running sequence uncomputed, so that the
// next step computes it again.
func (s *Scheduler) Rewind(q *Sequence) {
	if len(q.table.Blocks()) > 0 && q.computed == len(q.Tokens) {
		q.computed--
	}
}

// Remove drops a sequence that finished or was aborted, between steps.
// Removing one that is not queued changes nothing.
func (s *Scheduler) Remove(q *Sequence) {
	is := func(x *Sequence) bool { return x == q }
	s.waiting = slices.DeleteFunc(s.waiting, is)
	s.running = slices.DeleteFunc(s.running, is)
	s.cache.Release(&q.table)
	q.computed = 0
}

// preemptLast takes the blocks of the running sequence that came last and puts
// it at the head of the waiting ones, to be computed again.
func (s *Scheduler) preemptLast() *Sequence {
	q := s.running[len(s.running)-1]
	s.running = s.running[:len(s.running)-1]
	s.waiting = slices.Insert(s.waiting, 0, q)
	s.cache.Release(&q.table)
	q.computed = 0
	q.preemptions++
	s.preemptions++
	return q
}
