package engine

import (
	"context"
	"errors"
	"io"
	"sync"
)

// Event is what one step added to one choice. Text is always valid UTF-8 and
// never contains (part of) a stop string.
type Event struct {
	Choice       int
	Text         string
	Logprobs     []TokenLogprob
	FinishReason string // "" while running, else "stop" or "length"
}

// Reasons of Event.FinishReason.
const (
	FinishStop   = "stop"   // end of sequence or a stop string
	FinishLength = "length" // MaxTokens, or the model's context is full
)

// TokenLogprob is a token with the logarithm of its probability under the model
// itself, before temperature and filters. Bytes can be part of a character.
type TokenLogprob struct {
	Token   string
	Bytes   []byte
	Logprob float64
	Top     []TokenLogprob
}

// Usage counts tokens. Completion tokens include the end of sequence.
type Usage struct{ PromptTokens, CompletionTokens int }

// Stream delivers the events of one request. A reader that is slow slows nobody:
// events wait in memory. Next serves one goroutine at a time.
type Stream struct {
	mu     sync.Mutex
	events []Event
	usage  Usage
	err    error // why no more comes: io.EOF, or what ended the request early
	ready  chan struct{}
}

func newStream(promptTokens int) *Stream {
	return &Stream{usage: Usage{PromptTokens: promptTokens}, ready: make(chan struct{}, 1)}
}

// Next waits for the next event. It answers io.EOF when all choices have
// finished, the cause when the request's own context has ended, and ErrClosed
// when the engine was closed. An end of ctx leaves the stream as it is.
func (s *Stream) Next(ctx context.Context) (Event, error) {
	for {
		s.mu.Lock()
		if len(s.events) > 0 {
			ev := s.events[0]
			s.events = s.events[1:]
			s.mu.Unlock()
			return ev, nil
		}
		err := s.err
		s.mu.Unlock()
		if err != nil {
			return Event{}, err
		}
		select {
		case <-s.ready:
		case <-ctx.Done():
			return Event{}, context.Cause(ctx)
		}
	}
}

// Usage is complete after Next answered io.EOF.
func (s *Stream) Usage() Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.usage
}

// push adds an event and counts the tokens behind it.
func (s *Stream) push(ev Event, tokens int) {
	s.mu.Lock()
	if s.err == nil {
		s.usage.CompletionTokens += tokens
		if ev.Text != "" || ev.FinishReason != "" || len(ev.Logprobs) > 0 {
			s.events = append(s.events, ev)
		}
	}
	s.mu.Unlock()
	s.notify()
}

// end closes the stream. The first reason stays; an early one drops what was not read.
func (s *Stream) end(err error) {
	s.mu.Lock()
	if s.err == nil {
		s.err = err
		if !errors.Is(err, io.EOF) {
			s.events = nil
		}
	}
	s.mu.Unlock()
	s.notify()
}

func (s *Stream) notify() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}
