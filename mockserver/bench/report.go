package main

import (
	"fmt"
	"io"
	"slices"
)

// report prints what was measured, a line each.
type report struct {
	out   io.Writer
	lines int
}

// atLeast is a target that larger values meet.
func (r *report) atLeast(name string, measured, target float64, unit string) {
	r.bar(name, measured, target, unit, measured >= target)
}

// atMost is a target that smaller values meet.
func (r *report) atMost(name string, measured, target float64, unit string) {
	r.bar(name, measured, target, unit, measured <= target)
}

func (r *report) bar(name string, measured, target float64, unit string, met bool) {
	verdict := "ok"
	if !met {
		verdict = "short"
	}
	r.line("bar %s %.4g%s %.4g%s %s", name, measured, unit, target, unit, verdict)
}

// figure is a measurement without a target.
func (r *report) figure(name, format string, args ...any) {
	r.line("figure %s %s", name, fmt.Sprintf(format, args...))
}

func (r *report) line(format string, args ...any) {
	r.lines++
	_, _ = fmt.Fprintf(r.out, format+"\n", args...) // stdout
}

// median is the middle value; the mean of the two in the middle where there are two.
func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	if len(v) == 0 {
		return 0
	}
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
