package main

import (
	"context"
	"fmt"
)

// loadedRequests is how many requests the server has answered when its memory is read again.
const loadedRequests = 100_000

// measureMemory reads resident memory when the server is ready and after many requests of all workloads.
func measureMemory(ctx context.Context, s settings, r *report) error {
	p, err := startServer(ctx, s)
	if err != nil {
		return err
	}
	defer func() { _ = p.stop() }()
	cold, known := p.resident()
	if !known {
		r.figure("resident", "not known on this machine")
		return nil
	}
	r.atMost("resident-cold", cold, 25, "MB")
	if err := prepare(ctx, p); err != nil {
		return err
	}
	all := workloads()
	for _, w := range all {
		o := order{URL: p.URL, Token: p.Token, Steps: w.steps, Connections: 32, Requests: loadedRequests/len(all) + 32}
		if m, err := load(ctx, o); err != nil || m.Errors > 0 {
			return fmt.Errorf("%s: %d errors: %w", w.name, m.Errors, err)
		}
	}
	loaded, _ := p.resident()
	r.figure("resident-after-100k", "%.1fMB", loaded)
	return nil
}
