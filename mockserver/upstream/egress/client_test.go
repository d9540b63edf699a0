package egress_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// resolver answers every name with the addresses that next gives, in the wire format of RFC 1035.
func resolver(next func() net.IP) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer func() { _ = server.Close() }()
			for {
				var size [2]byte
				if _, err := io.ReadFull(server, size[:]); err != nil {
					return
				}
				query := make([]byte, binary.BigEndian.Uint16(size[:]))
				if _, err := io.ReadFull(server, query); err != nil {
					return
				}
				if _, err := server.Write(reply(query, next)); err != nil {
					return
				}
			}
		}()
		return client, nil
	}}
}

func reply(query []byte, next func() net.IP) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	question := query[12 : end+5]
	a := binary.BigEndian.Uint16(query[end+1:]) == 1
	r := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
	if a {
		r[7] = 1
		r = append(r, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		r = append(r, next().To4()...)
	}
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(r))), r...)
}

func send(t *testing.T, c *http.Client, url string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer sk-secret")
	resp, err := c.Do(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	c.CloseIdleConnections()
	return err
}

func TestDialsAreChecked(t *testing.T) {
	var hits atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())

	public := egress.NewClient(egress.Options{})
	for _, url := range []string{server.URL, "http://localhost:" + port, "http://[::ffff:127.0.0.1]:" + port} {
		if err := send(t, public, url); !errors.Is(err, egress.ErrForbidden) {
			t.Errorf("%s: %v", url, err)
		}
	}
	if n := hits.Load(); n != 0 {
		t.Fatalf("%d requests arrived, keys and all", n)
	}
	if err := send(t, egress.NewClient(egress.Options{Policy: egress.Local()}), server.URL); err != nil || hits.Load() != 1 {
		t.Errorf("allowed: %v, %d requests", err, hits.Load())
	}
}

// A name that is harmless when it is checked and metadata when it is dialled.
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
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var hits atomic.Int32
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer target.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		front := httptest.NewServer(http.RedirectHandler(target.URL, status))
		err := send(t, egress.NewClient(egress.Options{Policy: egress.Local()}), front.URL)
		front.Close()
		if err != nil || hits.Load() != 0 {
			t.Errorf("%d: %v, %d requests at the target", status, err, hits.Load())
		}
	}
}

func TestHangingResolver(t *testing.T) {
	c := egress.NewClient(egress.Options{Connect: 30 * time.Millisecond, Resolver: &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}})
	var timeout net.Error
	if err := send(t, c, "http://models.example.com.:80"); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("%v", err)
	}
}
