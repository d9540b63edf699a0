package mockserver

import (
	"context"
	"sync"
)

// scope is a part of the state with a version of its own. Writers of one server take turns; mu is held for as
// long as it takes to look at the state or to change it, never while a store is asked.
type scope struct {
	name   string
	writer chan struct{} // holds a token while somebody writes

	mu      sync.Mutex
	version int64
	moved   chan struct{} // closed at the next version
}

func newScope(name string) scope {
	return scope{name: name, writer: make(chan struct{}, 1), moved: make(chan struct{})}
}

func (s *scope) base() *scope { return s }

// enter waits for the writer's turn.
func (s *scope) enter(ctx context.Context) error {
	select {
	case s.writer <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *scope) leave() { <-s.writer }

// reach moves on to a version and tells those who wait; mu is held.
func (s *scope) reach(version int64) {
	s.version = version
	close(s.moved)
	s.moved = make(chan struct{})
}

// await waits until the state is at a version or a later one.
func (s *scope) await(ctx context.Context, version int64) error {
	for {
		s.mu.Lock()
		at, moved := s.version, s.moved
		s.mu.Unlock()
		if at >= version {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
