package launcher

import (
	"fmt"
	"net"
	"sync"
)

// Ports hands out free ports of this machine, none twice at a time. Another program may still take one before it is
// used; then whoever wanted it fails, and gets another when it is started again.
type Ports struct {
	mu    sync.Mutex
	taken map[int]bool
}

// Take returns a port that nobody listens on at 127.0.0.1.
func (p *Ports) Take() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range 100 {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return 0, fmt.Errorf("take a port: %w", err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		if err := l.Close(); err != nil {
			return 0, fmt.Errorf("take a port: %w", err)
		}
		if p.taken[port] {
			continue
		}
		if p.taken == nil {
			p.taken = map[int]bool{}
		}
		p.taken[port] = true
		return port, nil
	}
	return 0, fmt.Errorf("take a port: none is free")
}

// Release gives a port back.
func (p *Ports) Release(port int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.taken, port)
}
