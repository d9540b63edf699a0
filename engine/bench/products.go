package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// entry is a contestant with its samples.
type entry struct {
	contestant
	name    string
	format  backend.Format // the column of the table in which it competes
	ours    bool
	samples []sample
}

// median is the entry's median by cell.
func (e *entry) median() (out [len(cells)]float64) {
	for i := range out {
		var v []float64
		for _, s := range e.samples {
			v = append(v, s.speed[i])
		}
		out[i] = median(v)
	}
	return out
}

// firstToken is what the entry continued the prompt with, or other before it did.
func (e *entry) firstToken(other int) int {
	if len(e.samples) == 0 {
		return other
	}
	return e.samples[0].first
}

// rest is how long nobody computes between two contestants: threads that spin for
// work after a run would take the next one's cores.
const rest = 200 * time.Millisecond

// products measures prefill and decode of everybody, by turns, so that all have
// the same share of whatever else the machine does.
func products(ctx context.Context, o options, r *report, m *weights, dir string) (err error) {
	var entries []*entry
	defer func() {
		for _, e := range entries {
			err = errors.Join(err, e.close())
		}
	}()
	for _, f := range o.formats {
		debug.FreeOSMemory() // what loading before left behind
		before, copied := resident("VmRSS"), resident("RssAnon")
		c, err := newOurs(filepath.Join(dir, "model"), o.threads, backend.Format(f))
		if err != nil {
			return err
		}
		entries = append(entries, &entry{contestant: c, name: c.String(), format: backend.Format(f), ours: true})
		if _, err := c.measure(); err != nil { // whatever is copied late is there now
			return err
		}
		r.printf("loaded and ran %s: %d parameters, %.1f MB of weights; resident size %.1f MB before, %.1f MB after\n",
			f, c.decoder.Parameters, float64(c.decoder.WeightBytes)/1e6, before/1e6, resident("VmRSS")/1e6)
		if backend.Format(f) == backend.F32 {
			// What is neither mapped nor cache is scratch memory, or a copy of weights.
			beside := resident("RssAnon") - copied - float64(c.decoder.KVBytes())
			r.bar("resident-beside-mapped-weights-f32-mb", beside/1e6, 0.1*float64(c.decoder.WeightBytes)/1e6, true)
		}
	}
	found, skipped := peers(ctx, o, m, dir)
	for _, s := range skipped {
		r.printf("skipped: %s\n", s)
	}
	entries = append(entries, found...)
	var read []float64 // memory bandwidth, by turn
	reading := newMemory(o.threads)
	for turn := range o.repetitions + 1 {
		if turn > 0 {
			read = append(read, reading.bandwidth())
		}
		for i := range entries {
			e := entries[(i+turn)%len(entries)] // nobody always follows the same one
			select {
			case <-time.After(rest):
			case <-ctx.Done():
				return ctx.Err()
			}
			s, err := e.measure()
			if err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			if s.first != entries[0].firstToken(s.first) {
				r.printf("note: %s continues the prompt with token %d, %s with %d\n", e.name, s.first, entries[0].name, entries[0].samples[0].first)
			}
			if turn > 0 { // the first warms up
				e.samples = append(e.samples, s)
			}
		}
	}
	table(r, o, entries)
	compare(r, o, entries)
	r.printf("memory bandwidth, %d threads, turn by turn: %.1f GB/s (%.1f to %.1f)\n", o.threads, median(read)/1e9, slices.Min(read)/1e9, slices.Max(read)/1e9)
	for _, e := range entries {
		if e.ours {
			e.use(r, read)
		}
	}
	return nil
}

// use prints which part of the memory bandwidth of its turn decoding used.
func (e *entry) use(r *report, read []float64) {
	perToken := e.contestant.(*ours).bytesPerToken()
	var mbu []float64
	for turn, s := range e.samples {
		mbu = append(mbu, perToken*s.speed[1]/read[turn])
	}
	r.printf("MBU %s, decode batch 1: %.0f %% (%.0f to %.0f; %.1f MB a token)\n",
		e.format, 100*median(mbu), 100*slices.Min(mbu), 100*slices.Max(mbu), perToken/1e6)
	if e.format != backend.BF16 {
		r.bar("mbu-"+string(e.format), median(mbu), 0.7, false)
	}
}

// table prints medians with the range of the samples.
func table(r *report, o options, entries []*entry) {
	r.printf("\ntokens/s, medians of %d (lowest to highest)\n| contestant | format |", o.repetitions)
	for _, c := range cells {
		r.printf(" %s |", c)
	}
	r.printf("\n|---|---|%s\n", strings.Repeat("---:|", len(cells)))
	for _, e := range entries {
		r.printf("| %s | %s |", e.name, e.format)
		mid := e.median()
		for i := range cells {
			low, high := mid[i], mid[i]
			for _, s := range e.samples {
				low, high = min(low, s.speed[i]), max(high, s.speed[i])
			}
			r.printf(" %.0f (%.0f to %.0f) |", mid[i], low, high)
		}
		r.printf("\n")
	}
	r.printf("\n")
}

// compare prints our ratio to the best peer in each cell: the median of the ratios
// turn by turn, because both halves of a turn met the same machine.
func compare(r *report, o options, entries []*entry) {
	for _, f := range o.formats {
		for i, c := range cells {
			var mine *entry
			var best *entry
			for _, e := range entries {
				switch {
				case string(e.format) != f:
				case e.ours:
					mine = e
				case best == nil || e.median()[i] > best.median()[i]:
					best = e
				}
			}
			if mine == nil || best == nil {
				continue
			}
			var ratios []float64
			for t := range mine.samples {
				ratios = append(ratios, mine.samples[t].speed[i]/best.samples[t].speed[i])
			}
			name := strings.ReplaceAll(c, " ", "-") + "-" + f
			r.printf("%s: %.2f × %s\n", name, median(ratios), best.name)
			r.bar(name, mine.median()[i], best.median()[i], false)
		}
	}
}
