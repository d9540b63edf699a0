package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Options configures a client.
type Options struct {
	Policy   Policy
	Connect  time.Duration  // for name resolution, TCP and TLS each; default 10 s
	RootCAs  *x509.CertPool // nil: the system's
	Resolver *net.Resolver  // nil: the system's
}

func (o Options) connect() time.Duration {
	if o.Connect <= 0 {
		return 10 * time.Second
	}
	return o.Connect
}

// Dialer dials what the policy allows. It is for protocols that bring a client of their own.
func (o Options) Dialer() *net.Dialer {
	return &net.Dialer{
		Timeout:   o.connect(),
		KeepAlive: 30 * time.Second,
		Resolver:  o.Resolver,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			return o.Policy.checkDial(address)
		},
	}
}

// TLS is whom to trust.
func (o Options) TLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs}
}

// NewClient returns a client that dials what the policy allows, keeps connections for the next call, follows no
// redirect and asks no proxy. It has no time-out of its own beyond connecting: contexts bound the rest.
func NewClient(o Options) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:         o.Dialer().DialContext,
			TLSClientConfig:     o.TLS(),
			TLSHandshakeTimeout: o.connect(),
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 1024, // as many as streams of a busy endpoint; the next ones need no handshake
			IdleConnTimeout:     90 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// checkDial sees the address that the kernel is about to connect to, so that a name that resolves differently the
// second time gains nothing.
func (p Policy) checkDial(address string) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q is not an address", ErrForbidden, address)
	}
	return p.Check(ap.Addr())
}
