// Package egresstest is for tests of what must not be sent.
package egresstest

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Sink is a destination on 127.0.0.1 that nobody may reach. It takes every connection, keeps what is said first, and
// answers nothing.
type Sink struct {
	Port string

	listener    net.Listener
	done        sync.WaitGroup
	connections atomic.Int32
	mu          sync.Mutex
	heard       bytes.Buffer
}

// NewSink listens until the test ends or the sink is closed.
func NewSink(t testing.TB) *Sink {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Sink{listener: l, Port: l.Addr().String()[strings.LastIndexByte(l.Addr().String(), ':')+1:]}
	s.done.Go(s.accept)
	t.Cleanup(func() { s.Close() })
	return s
}

func (s *Sink) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		s.connections.Add(1)
		s.done.Go(func() { s.take(conn) })
	}
}

// take hears one message: whoever says anything says it at once.
func (s *Sink) take(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	b := make([]byte, 16<<10)
	n, _ := conn.Read(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard.Write(b[:n])
}

// Close stops listening, waits for who is talking and returns how many connections there were and what they said.
func (s *Sink) Close() (connections int32, heard string) {
	_ = s.listener.Close() // at the second time, too
	s.done.Wait()
	return s.connections.Load(), s.heard.String()
}
