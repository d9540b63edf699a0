package main

import (
	"context"
	"fmt"
)

// contestant is a process that answers a workload.
type contestant struct {
	*process
	name  string
	steps []step
}

// heat is what one round of one contestant shows.
type heat struct {
	result
	cpu float64 // microseconds of processor time for a request
}

// heats are the rounds of one contestant.
type heats []heat

// contest lets the contestants run in turns, so that what else the machine does weighs on all of them.
func contest(ctx context.Context, rounds int, o order, all ...contestant) ([]heats, error) {
	out := make([]heats, len(all))
	for range rounds {
		for i, c := range all {
			o.URL, o.Token, o.Steps = c.URL, c.Token, c.steps
			before := c.cpu()
			m, err := load(ctx, o)
			if err == nil && m.Errors > 0 {
				err = fmt.Errorf("%d of %d answers are not 200", m.Errors, m.Requests)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			out[i] = append(out[i], heat{m, micros(c.cpu()-before) / float64(max(m.Requests, 1))})
		}
	}
	return out, nil
}

// What is compared of a heat.
func perSecond(h heat) float64 { return h.PerSecond }
func p50(h heat) float64       { return micros(h.P50) }
func p99(h heat) float64       { return micros(h.P99) }
func cpu(h heat) float64       { return h.cpu }

// median is that of one measure.
func (h heats) median(of func(heat) float64) float64 {
	values := make([]float64, len(h))
	for i := range h {
		values[i] = of(h[i])
	}
	return median(values)
}

// ratio is the median of the ratios of rounds that ran side by side.
func (h heats) ratio(of func(heat) float64, floor heats) float64 {
	values := make([]float64, len(h))
	for i := range h {
		values[i] = of(h[i]) / of(floor[i])
	}
	return median(values)
}
