package egress_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
)

// TestMain names a proxy that nobody may ask, before anything reads the environment: it is read once.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		if err := os.Setenv(name, "http://127.0.0.1:1"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

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
