package mockserver

import (
	"context"
	"sync/atomic"
	"time"
)

// worldScope is the scope of what all workspaces have in common; no workspace has this name.
const worldScope = "server"

// world is what all workspaces, and all servers that share a store, have in common: when it began, how far its
// clock was put forward, and the failures that deployments will meet.
type world struct {
	scope
	format   format
	ahead    atomic.Int64 // a lead; without mu, since the clock is read everywhere
	failures []armedFailure
}

// lead is how far Advance has put the clock forward.
type lead = time.Duration

// format is the first thing that is kept: how the rest is.
type format struct {
	Version int    `json:"version"`
	Created int64  `json:"created"`         // epoch milliseconds
	Check   []byte `json:"check,omitempty"` // a value sealed with the key of the data; empty: nothing is sealed
}

const formatVersion = 1

func (w *world) take(e entry) {
	switch e.kind {
	case keepFormat:
		w.format, _ = e.value.(format)
	case keepClock:
		ahead, _ := e.value.(lead)
		w.ahead.Store(int64(ahead))
	case keepFailures:
		w.failures, _ = e.value.([]armedFailure)
	case "":
		w.failures = nil // the clock never goes back
	}
}

func (w *world) lead() lead { return lead(w.ahead.Load()) }

// began is when the state that the server works on was begun, in epoch milliseconds.
func (w *world) began() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.format.Created
}

func (s *Server) now() time.Time { return s.opts.Clock().Add(s.world.lead()) }

// Advance puts the server's clock forward, for rollouts, rate limits and throughput; that of all servers if they
// share a store.
func (s *Server) Advance(d time.Duration) {
	s.logged("advance the clock", s.advance(context.Background(), d))
}

func (s *Server) advance(ctx context.Context, d time.Duration) error {
	return s.ledger.commit(ctx, func() ([]entry, error) {
		return []entry{{worldScope, keepClock, "ahead", s.world.lead() + max(d, 0)}}, nil
	}, &s.world)
}

// logged is for those that have nobody to tell an error to: with the state in memory there is none.
func (s *Server) logged(what string, err error) {
	if err != nil {
		s.opts.Logger.Error("could not "+what, "error", err)
	}
}
