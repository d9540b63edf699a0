package egress_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress/egresstest"
)

// Every spelling of an address that is not allowed is refused, in the configuration or at the latest when it is
// dialled, and nothing arrives there: no byte of a key, no connection.
func TestNothingArrives(t *testing.T) {
	s := egresstest.NewSink(t)
	lookup := egress.Options{Resolver: resolver(func() net.IP { return net.IPv4(127, 0, 0, 1) })}
	for _, host := range []string{
		"127.0.0.1", "127.0.0.1.", "2130706433", "0x7f000001", "017700000001", "0x7f.0.0.1", "0177.0.0.1", "127.1",
		"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
		"localhost", "localhost.", "LOCALHOST", "①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1",
		"models.example.com.", "127.0.0.1.nip.example.", // names that lead there
	} {
		url := "http://" + host + ":" + s.Port
		if _, err := (egress.Policy{}).ParseURL(url); err != nil && !errors.Is(err, egress.ErrForbidden) {
			t.Errorf("%s in a configuration: %v", host, err)
		}
		err := send(t, egress.NewClient(lookup), url) // as if the configuration had let it pass
		var unknown *net.DNSError
		if !errors.Is(err, egress.ErrForbidden) && !errors.As(err, &unknown) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if n, heard := s.Close(); n != 0 || heard != "" {
		t.Errorf("%d connections, which said %q", n, heard)
	}
}

// The sink would have heard: a policy that allows the address sends the key.
func TestTheSinkHears(t *testing.T) {
	s := egresstest.NewSink(t)
	if err := send(t, egress.NewClient(egress.Options{Policy: egress.Local()}), "http://127.0.0.1:"+s.Port); err == nil {
		t.Error("a sink that answers nothing gave an answer")
	}
	if n, heard := s.Close(); n != 1 || !strings.Contains(heard, "sk-secret") {
		t.Errorf("%d connections, which said %q", n, heard)
	}
}

// A name that is harmless when it is checked and forbidden when it is dialled, or forbidden at the second call.
func TestRebinding(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	answers := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(169, 254, 169, 254)}
	var asked atomic.Int32
	c := egress.NewClient(egress.Options{Policy: egress.Local(), Resolver: resolver(func() net.IP {
		return answers[min(int(asked.Add(1))-1, 1)]
	})})
	url := "http://models.example.com.:" + port
	if err := send(t, c, url); err != nil {
		t.Fatalf("first: %v", err)
	}
	if err := send(t, c, url); !errors.Is(err, egress.ErrForbidden) {
		t.Fatalf("second: %v", err)
	}

	s := egresstest.NewSink(t)
	asked.Store(0)
	public := egress.NewClient(egress.Options{Resolver: resolver(func() net.IP {
		asked.Add(1)
		return net.IPv4(127, 0, 0, 1)
	})})
	url = "http://models.example.com.:" + s.Port
	if _, err := (egress.Policy{}).ParseURL(url); err != nil || asked.Load() != 0 {
		t.Errorf("the check: %v, %d questions to the name server", err, asked.Load())
	}
	if err := send(t, public, url); !errors.Is(err, egress.ErrForbidden) {
		t.Errorf("the dial: %v", err)
	}
	if n, heard := s.Close(); n != 0 {
		t.Errorf("%d connections, which said %q", n, heard)
	}
}

// A redirect is an answer like any other: neither the key nor anything else goes where it points, allowed or not.
func TestRedirectsAreNotFollowed(t *testing.T) {
	s := egresstest.NewSink(t)
	for _, status := range []int{300, 301, 302, 303, 307, 308} {
		front := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:"+s.Port, status))
		err := send(t, egress.NewClient(egress.Options{Policy: egress.Local()}), front.URL)
		front.Close()
		if err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
	if n, heard := s.Close(); n != 0 {
		t.Errorf("%d connections, which said %q", n, heard)
	}
}

// A proxy of the environment would see keys, and dial for us what we would not.
func TestNoProxyIsAsked(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	policy := egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	c := egress.NewClient(egress.Options{Policy: policy, Resolver: resolver(func() net.IP { return net.IPv4(127, 0, 0, 1) })})
	if err := send(t, c, "http://models.example.com.:"+port); err != nil {
		t.Error(err)
	}
}
