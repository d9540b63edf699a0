package etcd

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// proxy stands between a server and etcd, and can cut what passes.
type proxy struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	open  map[net.Conn]bool
	shut  bool // connections are refused at once
	pipes sync.WaitGroup
}

func startProxy(t *testing.T, to url.URL) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, to: to.Host, open: map[net.Conn]bool{}}
	p.pipes.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.cut(true)
		p.pipes.Wait()
	})
	return p
}

func (p *proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		d, err := net.Dial("tcp", p.to)
		if err != nil || !p.keep(c, d) {
			_ = c.Close()
			if err == nil {
				_ = d.Close()
			}
			continue
		}
		p.pipes.Go(func() { p.pipe(c, d) })
		p.pipes.Go(func() { p.pipe(d, c) })
	}
}

func (p *proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut {
		return false
	}
	for _, c := range conns {
		p.open[c] = true
	}
	return true
}

func (p *proxy) pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from) // a cut is what it is for
	_, _ = to.Close(), from.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, to)
	delete(p.open, from)
}

// cut ends all connections, and refuses others while it stays shut.
func (p *proxy) cut(shut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = shut
	for c := range p.open {
		_ = c.Close()
	}
}

// mend lets connections pass again.
func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = false
}
