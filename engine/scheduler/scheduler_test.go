package scheduler

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/inference-iac/terraform-provider-inference/engine/kvcache"
)

func newScheduler(t interface{ Fatal(...any) }, cfg Config, blocks, size int) (*Scheduler, *kvcache.Cache) {
	c, err := kvcache.New(blocks, size)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(cfg, c)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// prompt is a sequence of n tokens that differ from any other first's.
func prompt(first int32, n, answer int) *Sequence {
	q := &Sequence{Limit: n + answer}
	for i := range n {
		q.Tokens = append(q.Tokens, first*1000+int32(i))
	}
	return q
}

func TestNewRefusesStarvation(t *testing.T) {
	c, _ := kvcache.New(1, 1)
	for _, cfg := range []Config{{TokenBudget: 1}, {MaxSequences: 2, TokenBudget: 1}} {
		if _, err := New(cfg, c); err == nil {
			t.Errorf("%+v is accepted", cfg)
		}
	}
}

func TestTooLongIsRefused(t *testing.T) {
	s, _ := newScheduler(t, Config{MaxSequences: 1, TokenBudget: 8}, 2, 4)
	if err := s.Add(prompt(1, 4, 5)); !errors.Is(err, ErrTooLong) {
		t.Errorf("got %v", err)
	}
	if err := s.Add(prompt(1, 4, 4)); err != nil {
		t.Error(err)
	}
}

func TestShortPromptPassesLongPrefill(t *testing.T) {
	s, _ := newScheduler(t, Config{MaxSequences: 4, TokenBudget: 512}, 1024, 16)
	long, short := prompt(1, 4096, 8), prompt(2, 10, 8)
	_ = s.Add(long)
	s.Commit(s.Schedule())
	_ = s.Add(short)
	plan := s.Schedule()
	if len(plan) != 2 || plan[1].Sequence != short || !plan[1].Last() {
		t.Errorf("the short prompt is not computed in the step after it came: %+v", plan)
	}
	s.Commit(plan)
	short.Tokens = append(short.Tokens, 1)
	if plan = s.Schedule(); len(plan) != 2 || plan[0].Count != 511 {
		t.Errorf("the long prefill does not go on at full speed beside one decode: %+v", plan)
	}
}

func TestPrefixesAreCountedOnce(t *testing.T) {
	s, c := newScheduler(t, Config{MaxSequences: 4, TokenBudget: 64}, 3, 4)
	a, b := prompt(1, 9, 3), prompt(1, 12, 0)
	_ = s.Add(a)
	s.Commit(s.Schedule())
	_ = s.Add(b)
	for range 3 { // b shares two blocks and finds no room for a third
		a.Tokens = append(a.Tokens, 7)
		s.Commit(s.Schedule())
	}
	s.Remove(a)
	s.Commit(s.Schedule())
	if got, want := c.Stats(), (kvcache.Stats{Queried: 21, Hit: 8}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestLongPromptsGoInParts(t *testing.T) {
	parts := Parts{Alone: 32, Beside: 8, Starting: 2, Positions: 100}
	s, _ := newScheduler(t, Config{MaxSequences: 4, TokenBudget: 64, LongPrompt: 100, Parts: parts}, 1024, 16)
	long, short := prompt(1, 400, 4), prompt(2, 100, 4)
	count := func(q *Sequence) int {
		plan := s.Schedule()
		s.Commit(plan)
		if want := !slices.ContainsFunc(plan, func(p Slot) bool { return p.Sequence == short }); s.Patient(plan) != want {
			t.Errorf("patient is %v: %+v", !want, plan)
		}
		for _, p := range plan {
			if p.Last() {
				p.Sequence.Tokens = append(p.Sequence.Tokens, 1)
			}
			if p.Sequence == q {
				return p.Count
			}
		}
		return 0
	}
	_ = s.Add(long)
	got := []int{count(long), count(long)} // 32 / 1, 32 / 1.32
	_ = s.Add(short)
	got = append(got, count(long), count(long)) // 2 / 1.56: one while the short one starts
	got = append(got, count(long))              // 8 / 1.58 beside its decoding
	if want := []int{32, 24, 1, 1, 5}; !slices.Equal(got, want) {
		t.Errorf("parts of %v tokens, want %v", got, want)
	}
	s.Remove(short)
	other := prompt(3, 200, 4)
	_ = s.Add(other)
	if n, m := count(long), count(other); n != 9 || m != 13 { // half of 32 each; other's first part went by
		t.Errorf("two long prompts get %d and %d", n, m)
	}
	s.Remove(long)
	s.Remove(other)
	_ = s.Add(prompt(4, 100, 4))
	if plan := s.Schedule(); plan[0].Count != 64 {
		t.Errorf("%d tokens at once of a prompt that is not long", plan[0].Count)
	}
}

// TestStepsOfALongPromptTakeAsLong checks the unit of the parts.
func TestStepsOfALongPromptTakeAsLong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Parts{Alone: rapid.IntRange(8, 256).Draw(t, "alone"), Positions: rapid.Float64Range(10, 5000).Draw(t, "positions")}
		computed := rapid.IntRange(0, 100_000).Draw(t, "computed")
		n := p.tokens(company{long: 1}, computed)
		cost := func(n int) float64 { return float64(n) * (1 + float64(computed)/p.Positions) }
		if n < 1 || n > 1 && cost(n) > float64(p.Alone) || cost(n+1) <= float64(p.Alone) {
			t.Fatalf("%d tokens cost %.1f of %d", n, cost(n), p.Alone)
		}
	})
}

func TestStaticAdmitsOnlyIntoAnEmptyBatch(t *testing.T) {
	s, _ := newScheduler(t, Config{MaxSequences: 2, TokenBudget: 64, Static: true}, 64, 4)
	a, b, c := prompt(1, 4, 4), prompt(2, 4, 4), prompt(3, 4, 4)
	for _, q := range []*Sequence{a, b, c} {
		_ = s.Add(q)
	}
	s.Commit(s.Schedule())
	s.Remove(a)
	b.Tokens = append(b.Tokens, 1)
	if plan := s.Schedule(); len(plan) != 1 || plan[0].Sequence != b {
		t.Errorf("somebody joined a static batch: %+v", plan)
	}
	s.Remove(b)
	if plan := s.Schedule(); len(plan) != 1 || plan[0].Sequence != c {
		t.Errorf("the next batch does not begin: %+v", plan)
	}
}

func TestNoPrefixComputesEverything(t *testing.T) {
	s, _ := newScheduler(t, Config{MaxSequences: 2, TokenBudget: 64}, 64, 4)
	a := prompt(1, 9, 1)
	_ = s.Add(a)
	s.Commit(s.Schedule())
	b, c := prompt(1, 9, 1), prompt(1, 9, 1)
	c.NoPrefix = true
	s.Remove(a)
	_ = s.Add(b)
	_ = s.Add(c)
	plan := s.Schedule()
	if plan[0].Start != 8 || plan[1].Start != 0 {
		t.Errorf("b begins at %d, c at %d; want 8 and 0", plan[0].Start, plan[1].Start)
	}
}

func TestWholeSequencesAreNotCut(t *testing.T) {
	s, _ := newScheduler(t, Config{MaxSequences: 4, TokenBudget: 10}, 64, 4)
	if err := s.Add(&Sequence{Tokens: make([]int32, 11), Whole: true}); !errors.Is(err, ErrTooLong) {
		t.Errorf("a text that fits no step: %v", err)
	}
	a, b, c := prompt(1, 6, 0), prompt(2, 7, 0), prompt(3, 1, 0)
	for _, q := range []*Sequence{a, b, c} {
		q.Whole, q.NoPrefix = true, true
		_ = s.Add(q)
	}
	for _, want := range [][]*Sequence{{a}, {b, c}} {
		plan := s.Schedule()
		s.Commit(plan)
		var got []*Sequence
		for _, p := range plan {
			if !p.Last() || p.Start != 0 {
				t.Errorf("cut: %+v", p)
			}
			got = append(got, p.Sequence)
			s.Remove(p.Sequence)
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %d sequences, want %d", len(got), len(want))
		}
	}
}

// TestLaws runs random loads to their end and checks every step.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 5).Draw(t, "block size")
		blocks := rapid.IntRange(4, 24).Draw(t, "blocks")
		cfg := Config{MaxSequences: rapid.IntRange(1, 6).Draw(t, "sequences"), Static: rapid.Bool().Draw(t, "static")}
		cfg.LongPrompt = rapid.IntRange(0, 20).Draw(t, "long prompt")
		cfg.Parts = Parts{
			Alone: rapid.IntRange(0, 9).Draw(t, "alone"), Beside: rapid.IntRange(0, 4).Draw(t, "beside"),
			Starting: rapid.IntRange(0, 2).Draw(t, "starting"), Positions: rapid.Float64Range(0, 30).Draw(t, "positions"),
		}
		cfg.TokenBudget = cfg.MaxSequences + rapid.IntRange(0, 20).Draw(t, "extra budget")
		s, cache := newScheduler(t, cfg, blocks, size)

		type client struct {
			q      *Sequence
			prompt int
			arrive int
			abort  int // step after which it gives up; -1: never
			gone   bool
		}
		var all []*client
		for i := range rapid.IntRange(1, 12).Draw(t, "requests") {
			n := rapid.IntRange(1, max(1, blocks*size/2)).Draw(t, "prompt")
			answer := rapid.IntRange(1, max(1, blocks*size-n)).Draw(t, "answer")
			q := prompt(int32(rapid.IntRange(0, 2).Draw(t, "kind")), n, min(answer, blocks*size-n))
			q.NoPrefix = rapid.Bool().Draw(t, "no prefix")
			all = append(all, &client{q, n, rapid.IntRange(0, 20).Draw(t, "arrive"), rapid.IntRange(-1, 30).Draw(t, "abort"), false})
			_ = i
		}
		slices.SortStableFunc(all, func(a, b *client) int { return a.arrive - b.arrive })
		var admitted []*client // in order of first admission
		next, finished := 0, 0
		for step := 0; finished < len(all); step++ {
			if step > 20000 {
				t.Fatalf("%d of %d requests finished; the rest starves", finished, len(all))
			}
			for next < len(all) && all[next].arrive <= step {
				if err := s.Add(all[next].q); err != nil {
					t.Fatal(err)
				}
				next++
			}
			unfinished := map[*Sequence]bool{}
			preempted := s.Preemptions()
			for _, q := range s.running {
				if len(q.Tokens) > q.computed {
					unfinished[q] = true
				}
			}
			plan := s.Schedule()
			total := 0
			for _, p := range plan {
				total += p.Count
				if p.Count < 1 || p.Start != p.Sequence.computed || p.Start+p.Count > len(p.Sequence.Tokens) {
					t.Fatalf("slot %+v of a sequence with %d of %d computed", p, p.Sequence.computed, len(p.Sequence.Tokens))
				}
				if len(p.Sequence.Blocks())*size < p.Start+p.Count {
					t.Fatalf("slot %+v has %d blocks", p, len(p.Sequence.Blocks()))
				}
				delete(unfinished, p.Sequence)
			}
			if total > cfg.TokenBudget || len(plan) > cfg.MaxSequences {
				t.Fatalf("%d tokens of %d sequences exceed %+v", total, len(plan), cfg)
			}
			if len(unfinished) > 0 && s.Preemptions() == preempted {
				t.Fatalf("%d running sequences got nothing", len(unfinished))
			}
			if s.Patient(plan) && rapid.Bool().Draw(t, "give up") {
				if plan = s.Schedule(); len(plan) == 0 { // the same once more
					continue
				}
			}
			for _, p := range plan {
				c := all[slices.IndexFunc(all, func(c *client) bool { return c.q == p.Sequence })]
				if !slices.Contains(admitted, c) {
					admitted = append(admitted, c)
				}
			}
			s.Commit(plan)
			for _, p := range plan {
				if p.Last() {
					p.Sequence.Tokens = append(p.Sequence.Tokens, int32(len(p.Sequence.Tokens)))
				}
			}
			for _, c := range all[:next] {
				ended := len(c.q.Tokens) >= c.q.Limit || c.abort >= 0 && step >= c.arrive+c.abort
				if !c.gone && ended {
					s.Remove(c.q)
					c.gone = true
					finished++
				}
			}
		}
		order := slices.DeleteFunc(slices.Clone(all), func(c *client) bool { return !slices.Contains(admitted, c) })
		if !slices.Equal(order, admitted) {
			t.Fatal("not first come, first served")
		}
		if cache.Free() != blocks || s.Running()+s.Waiting() != 0 {
			t.Fatalf("%d of %d blocks free, %d running, %d waiting at the end", cache.Free(), blocks, s.Running(), s.Waiting())
		}
	})
}
