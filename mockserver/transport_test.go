package mockserver

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/standin"
)

// TestMain is the engine that tests launch, when the environment asks for it.
func TestMain(m *testing.M) {
	if os.Getenv("LAUNCH_TEST_ENGINE") != "" {
		os.Exit(standin.Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

// slow writes a line a second and ends with the request's context.
func slow(w http.ResponseWriter, r *http.Request) {
	for i := range 5 {
		if _, err := io.WriteString(w, strings.Repeat("x", i)+"\n"); err != nil {
			return
		}
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
			return
		}
	}
}

func TestTransportStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := http.Client{Transport: transport{http.HandlerFunc(slow)}}
		start := time.Now()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://mock.test/", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(resp.Body)
		for i := 0; lines.Scan(); i++ {
			if at := time.Since(start); at != time.Duration(i)*time.Second {
				t.Errorf("line %d came after %v", i, at)
			}
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestTransportEndsWithContextAndClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := http.Client{Transport: transport{http.HandlerFunc(slow)}}
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://mock.test/", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("read to the end: %v", err)
		}
		_ = resp.Body.Close()
		synctest.Wait() // the handler has ended too, or the bubble would complain

		resp, err = c.Do(req.WithContext(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		synctest.Wait()
	})
}

func TestTrafficFollowsTheSplit(t *testing.T) {
	s := New(Options{Simulate: true, Seed: 1})
	c := call(t, s)
	c.ok("POST", api.PathEndpoints, `{"name":"e","config":{"served_entities":[`+pt+`,`+custom+`],`+split+`}}`)
	seen := map[string]int{}
	for range 1000 {
		resp, err := c.send("POST", api.InvocationsPath("e"), `{"prompt":"x","max_tokens":1}`)
		if err != nil {
			t.Fatal(err)
		}
		seen[resp.Header.Get(api.ServedModelHeader)]++
		_ = resp.Body.Close()
	}
	if seen["a"]+seen["b"] != 1000 || seen["a"] < 870 || seen["a"] > 930 {
		t.Errorf("split %v, want about 900 to 100", seen)
	}
}

// TestSlowBody: a body that does not arrive is given up, and strangers' bodies are not waited for.
func TestSlowBody(t *testing.T) {
	s := New(Options{ReadTimeout: 50 * time.Millisecond})
	url, err := s.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	for header, want := range map[string]string{"Authorization: Bearer x\r\n": " 408 ", "": " 401 "} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "POST /api/2.0/serving-endpoints HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"+header+"\r\n{"); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.Contains(line, want) {
			t.Errorf("%q: %q, %v", header, line, err)
		}
		_ = conn.Close()
	}
}

func TestIsLocal(t *testing.T) {
	for host, want := range map[string]bool{"127.0.0.1": true, "127.9.9.9": true, "::1": true, "localhost": true, "": false, "0.0.0.0": false, "127.0.0.1.example.com": false, "::": false} {
		if isLocal(host) != want {
			t.Errorf("%q is local: %v", host, !want)
		}
	}
}

func TestListenServesUntilClose(t *testing.T) {
	s := New(Options{})
	if _, err := s.Listen("0.0.0.0:0"); err == nil {
		t.Error("a public address without tokens is served")
	}
	url, err := s.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Get(url + "/.well-known/databricks-config")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", resp, err)
	}
	_ = resp.Body.Close()
	s.Fault(Fault{HangUp: true})
	if _, err := c.Get(url + "/.well-known/databricks-config"); err == nil {
		t.Error("no error from a cut connection")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Get(url); err == nil {
		t.Error("served after Close")
	}
}
