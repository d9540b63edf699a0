package mockserver

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Listen serves on addr, as "127.0.0.1:0", until Close, and returns the URL. Without a list of tokens only
// loopback addresses are served.
func (s *Server) Listen(addr string) (string, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	if !isLocal(host) && s.opts.Tokens == nil {
		return "", errors.New("listen: a public address needs a list of tokens")
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	hs := &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	s.mu.Lock()
	s.listeners = append(s.listeners, hs)
	s.mu.Unlock()
	scheme := "http"
	if s.opts.TLS != nil {
		scheme = "https"
		l = tls.NewListener(l, s.opts.TLS)
	}
	go func() { _ = hs.Serve(l) }() // ends with Close
	return scheme + "://" + l.Addr().String(), nil
}

// isLocal reports whether a host is this machine's alone.
func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
