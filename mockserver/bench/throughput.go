package main

import (
	"context"
	"fmt"
	"time"
)

// measureThroughput compares requests per second with the floor's, and shows latencies.
func measureThroughput(ctx context.Context, s settings, r *report) error {
	for _, w := range workloads() {
		if err := compare(ctx, s, w, r); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	return nil
}

// compare runs a workload on the floor and on the server in turns.
func compare(ctx context.Context, s settings, w workload, r *report) error {
	server, err := startServer(ctx, s)
	if err != nil {
		return err
	}
	defer func() { _ = server.stop() }()
	if err := prepare(ctx, server); err != nil {
		return err
	}
	answers, err := server.answers(ctx, w)
	if err != nil {
		return err
	}
	floor, err := startFloor(ctx, answers)
	if err != nil {
		return err
	}
	defer func() { _ = floor.stop() }()
	for _, connections := range []int{1, 32} {
		o := order{Token: server.Token, Steps: w.steps, Connections: connections, Length: s.length}
		var ratios, bare, served, bareCPU, servedCPU, p50, p99 []float64
		for range s.rounds {
			f, fCPU, err := round(ctx, floor, o)
			if err != nil {
				return err
			}
			m, mCPU, err := round(ctx, server, o)
			if err != nil {
				return err
			}
			ratios, bare, served = append(ratios, m.PerSecond/f.PerSecond), append(bare, f.PerSecond), append(served, m.PerSecond)
			bareCPU, servedCPU = append(bareCPU, fCPU), append(servedCPU, mCPU)
			p50, p99 = append(p50, micros(m.P50)), append(p99, micros(m.P99))
		}
		r.figure(fmt.Sprintf("%s-c%d", w.name, connections), "server %.0f/s floor %.0f/s ratio %.2f p50 %.0fµs p99 %.0fµs cpu %.1fµs floor-cpu %.1fµs",
			median(served), median(bare), median(ratios), median(p50), median(p99), median(servedCPU), median(bareCPU))
		if connections > 1 && w.target > 0 {
			r.atLeast(w.name+"-of-floor", median(ratios), w.target, "x")
		}
	}
	return nil
}

// round loads one process and returns what the load saw and the processor time of a request in microseconds.
func round(ctx context.Context, p *process, o order) (result, float64, error) {
	o.URL = p.URL
	before := p.cpu()
	m, err := load(ctx, o)
	if err == nil && m.Errors > 0 {
		err = fmt.Errorf("%d of %d answers are not 200", m.Errors, m.Requests)
	}
	return m, micros(p.cpu()-before) / float64(max(m.Requests, 1)), err
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
