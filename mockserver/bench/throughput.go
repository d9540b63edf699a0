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
	entrants := []contestant{{floor, "floor", w.steps}, {server, "server", w.steps}}
	floor.Token = server.Token
	for _, connections := range []int{1, 32} {
		h, err := contest(ctx, s.rounds, order{Connections: connections, Length: s.length}, entrants...)
		if err != nil {
			return err
		}
		bare, served := h[0], h[1]
		r.figure(fmt.Sprintf("%s-c%d", w.name, connections), "server %.0f/s floor %.0f/s ratio %.2f p50 %.0fµs p99 %.0fµs cpu %.1fµs floor-cpu %.1fµs",
			served.median(perSecond), bare.median(perSecond), served.ratio(perSecond, bare), served.median(p50), served.median(p99), served.median(cpu), bare.median(cpu))
		if connections > 1 && w.target > 0 {
			r.atLeast(w.name+"-of-floor", served.ratio(perSecond, bare), w.target, "x")
		}
	}
	return nil
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
