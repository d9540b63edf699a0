package peers

import (
	"context"
	"encoding/json"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/tools/npm"
)

// key is the only one that AIMock takes, in whichever header a provider wants it.
const key = "sk-peers"

// mock is a running AIMock.
type mock struct{ url string }

// aimock starts AIMock with testdata/aimock.json. Without keys it lets everybody in, as it must for signed requests.
func aimock(t *testing.T, env ...string) mock {
	t.Helper()
	return aimockOf(t, filepath.Join("testdata", "aimock.json"), env...)
}

// aimockOf starts AIMock with a file of answers.
func aimockOf(t *testing.T, fixtures string, env ...string) mock {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		skip(t, "AIMock", err)
	}
	pack, dir := npm.Package{Name: "@copilotkit/aimock", Version: "1.43.0"}, npm.CacheDir("terraform-provider-inference-peers")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // npm tries a network that is not there for long
	defer cancel()
	if err := npm.Install(ctx, dir, pack); err != nil {
		skip(t, "AIMock", err)
	}
	p := run(t, regexp.MustCompile(`listening on (http://127\.0\.0\.1:\d+)`), env, node,
		filepath.Join(pack.Dir(dir), "dist", "cli.js"), "--port", "0", "--fixtures", fixtures, "--strict")
	return mock{p.ready}
}

// engines is the engines file that leads a provider to the mock.
func (m mock) engines(provider, path, tokenURL string) string {
	file := "external:\n  allow: [127.0.0.1/32]\n  base_urls: {" + provider + ": " + m.url + path + "}\n"
	if provider == "google-cloud-vertex-ai" {
		file += "  token_urls: {" + provider + ": " + tokenURL + "}\n"
	}
	return file
}

// entry is what AIMock writes down of a request.
type entry struct {
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// last is the request that came last.
func (m mock) last(t *testing.T, auth ...string) entry {
	t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, m.url+"/__aimock/journal", http.NoBody)
	ok(t, err)
	if len(auth) > 0 {
		req.Header.Set("Authorization", "Bearer "+auth[0])
	}
	resp, err := http.DefaultClient.Do(req)
	ok(t, err)
	defer http.DefaultClient.CloseIdleConnections()
	defer func() { _ = resp.Body.Close() }()
	var all []entry
	ok(t, json.NewDecoder(resp.Body).Decode(&all))
	if len(all) == 0 {
		t.Fatal("AIMock was not asked")
	}
	return all[len(all)-1]
}
