package conformance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

const (
	llama   = "system.ai.llama_3_1_8b_instruct" // chat, optimizable in chunks of 980
	writer  = "ml.llm-catalog.llama-13b"        // completions, version 3
	encoder = "ml.llm-catalog.gte-large"        // embeddings, version 1
)

// errOffHost is what a client sees that asks for anything beyond this machine.
var errOffHost = errors.New("conformance: only 127.0.0.1 may be called")

// TestMain gives the clients a home and an environment of their own and no way off this machine.
func TestMain(m *testing.M) {
	home, err := os.MkdirTemp("", "conformance")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if slices.ContainsFunc([]string{"DATABRICKS_", "OPENAI_", "ARM_", "AZURE_", "GOOGLE_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"}, func(p string) bool {
			return strings.HasPrefix(name, p)
		}) {
			_ = os.Unsetenv(name) // a name that came from the environment
		}
	}
	for k, v := range map[string]string{"HOME": home, "USERPROFILE": home, "XDG_CACHE_HOME": home, "XDG_CONFIG_HOME": home} {
		_ = os.Setenv(k, v) // a valid name
	}
	http.DefaultTransport = loopback()
	code := m.Run()
	if code == 0 {
		http.DefaultClient.CloseIdleConnections()
		// A metrics library of the SDK's starts a worker when it is linked in.
		if err := goleak.Find(goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	_ = os.RemoveAll(home) // a temporary directory
	os.Exit(code)
}

// loopback is a transport that dials 127.0.0.1 and nothing else, proxies included.
func loopback() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if host, _, err := net.SplitHostPort(addr); err != nil || host != "127.0.0.1" {
				return nil, fmt.Errorf("%w, not %s", errOffHost, addr)
			}
			return dialer.DialContext(ctx, network, addr)
		},
	}
}

// world is a server on a port of its own, and what a client needs to call it.
type world struct {
	*mockserver.Server
	url       string
	token     string
	transport *http.Transport
	// unknown are requests for routes that the server does not have and that the test expects.
	unknown []string
}

// start serves until the test ends, and then fails it if a client asked for a route that the server does
// not know: that is what a client notices first.
func start(t *testing.T, o mockserver.Options) *world {
	t.Helper()
	w := &world{Server: mockserver.New(o), token: "conformance", transport: loopback()}
	url, err := w.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.url = url
	t.Cleanup(func() {
		for _, r := range w.Requests() {
			if request := r.Method + " " + r.Path; r.Route == "" && !slices.Contains(w.unknown, request) {
				t.Errorf("the client asked for %s?%s, which the server does not know", request, r.Query)
			}
		}
		w.transport.CloseIdleConnections()
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// statuses counts the answers by route.
func (w *world) statuses(route string) map[int]int {
	counts := map[int]int{}
	for _, r := range w.Requests() {
		if r.Route == route {
			counts[r.Status]++
		}
	}
	return counts
}

// must stops the test at the first error: what follows would only repeat it.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestNothingLeavesThisMachine(t *testing.T) {
	_, err := (&http.Client{Transport: loopback()}).Get("http://192.0.2.1/")
	if !errors.Is(err, errOffHost) {
		t.Errorf("got %v, want %v", err, errOffHost)
	}
	_, err = http.Get("http://192.0.2.1/")
	if !errors.Is(err, errOffHost) {
		t.Errorf("default client: got %v, want %v", err, errOffHost)
	}
}
