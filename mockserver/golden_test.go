package mockserver

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

var update = flag.Bool("update", false, "write the answers of the goldens anew")

// goldenTime is the clock of the goldens when they start.
var goldenTime = time.UnixMilli(1_700_000_000_000).UTC()

func fixedClock() time.Time { return goldenTime }

// golden is a story of exchanges. Its comment holds lines "key: value": source and status say where the
// bytes come from (documented, observed or inferred), the others are options of the server. Its files are
// requests, responses and, between them, what happens to the server.
type golden struct {
	path    string
	archive *txtar.Archive
	header  map[string]string
}

func goldensOf(t testing.TB) []golden {
	t.Helper()
	paths, err := filepath.Glob("testdata/golden/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	out := make([]golden, len(paths))
	for i, p := range paths {
		a, err := txtar.ParseFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = golden{p, a, map[string]string{}}
		for line := range strings.Lines(string(a.Comment)) {
			key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
			if !ok {
				t.Fatalf("%s: header line %q", p, line)
			}
			out[i].header[key] = value
		}
		if out[i].header["source"] == "" || !slices.Contains([]string{"documented", "observed", "inferred"}, out[i].header["status"]) {
			t.Fatalf("%s: needs a source and a status", p)
		}
	}
	return out
}

// server makes the server that the header asks for.
func (g golden) server(t *testing.T, now *time.Time) *Server {
	t.Helper()
	o := Options{Simulate: true, Clock: func() time.Time { return *now }}
	for key, value := range g.header {
		switch key {
		case "source", "status":
		case "progression":
			p, err := ParseProgression(value)
			if err != nil {
				t.Fatal(err)
			}
			o.Progression = p
		case "any-model":
			o.AnyModel = true
		case "strict-scale-to-zero":
			o.StrictScaleToZero = true
		case "refuse-empty-config":
			o.RefuseEmptyConfig = true
		case "users":
			o.Tokens = map[string]string{}
			for _, user := range strings.Fields(value) {
				o.Tokens[user] = user
			}
		case "admins":
			o.Admins = strings.Fields(value)
		case "gpus":
			n, err := strconv.Atoi(value)
			if err != nil {
				t.Fatal(err)
			}
			o.GPUs = map[string]int{"A100": n}
		default:
			t.Fatalf("%s: unknown header %s", g.path, key)
		}
	}
	return New(o)
}

func TestGoldens(t *testing.T) {
	exchanges := 0
	for _, g := range goldensOf(t) {
		for _, f := range g.archive.Files {
			if f.Name == "response" {
				exchanges++
			}
		}
		t.Run(strings.TrimSuffix(filepath.Base(g.path), ".txtar"), g.play)
	}
	t.Logf("%d exchanges", exchanges)
}

func (g golden) play(t *testing.T) {
	now := goldenTime
	s := g.server(t, &now)
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	var last string
	for i, f := range g.archive.Files {
		word, rest, _ := strings.Cut(f.Name, " ")
		switch word {
		case "request":
			last = exchangeOf(t, s, string(f.Data))
		case "response":
			if *update && !strings.HasPrefix(rest, "exact") {
				g.archive.Files[i].Data = []byte(pretty(last))
				continue
			}
			if want := squeeze(string(f.Data)); want != squeeze(last) {
				t.Errorf("answer %d:\n got %s\nwant %s", i, pretty(last), f.Data)
			}
		case "step":
			if err := s.Step("token", rest); err != nil {
				t.Error(err)
			}
		case "advance":
			d, err := time.ParseDuration(rest)
			if err != nil {
				t.Fatal(err)
			}
			now = now.Add(d)
		case "secret":
			scope, key, _ := strings.Cut(rest, "/")
			s.PutSecret("token", scope, key, strings.TrimSpace(string(f.Data)))
		case "fault":
			var fault Fault
			if err := json.Unmarshal(f.Data, &fault); err != nil {
				t.Fatal(err)
			}
			s.Fault(fault)
		case "fail":
			var failure DeploymentFailure
			if err := json.Unmarshal(f.Data, &failure); err != nil {
				t.Fatal(err)
			}
			s.FailDeployment(failure)
		default:
			t.Fatalf("unknown file %q", f.Name)
		}
	}
	if *update {
		if err := os.WriteFile(g.path, txtar.Format(g.archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// exchangeOf sends a request as it stands in a golden (method and path, headers, an empty line, the body)
// and returns the answer as it stands there: status, the headers that matter, an empty line, the body.
func exchangeOf(t *testing.T, s *Server, text string) string {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	method, path, _ := strings.Cut(lines[0], " ")
	req, err := http.NewRequestWithContext(t.Context(), method, "http://mock.test"+path, strings.NewReader(strings.TrimSuffix(body, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token")
	for _, line := range lines[1:] {
		key, value, _ := strings.Cut(line, ": ")
		req.Header.Set(key, value)
	}
	resp, err := s.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%d\n", resp.StatusCode)
	for _, h := range []string{api.ServedModelHeader, "Retry-After", "X-Databricks-Org-Id"} {
		if v := resp.Header.Get(h); v != "" {
			fmt.Fprintf(&out, "%s: %s\n", h, v)
		}
	}
	return out.String() + "\n" + normalise(string(b)) + "\n"
}

var endpointID = regexp.MustCompile(`"id":"[0-9a-f]{32}"`)

// normalise replaces ids, which are hashes; times are those of goldenTime.
func normalise(body string) string {
	return endpointID.ReplaceAllString(body, `"id":"ID"`)
}

// pretty indents a JSON body for human eyes.
func pretty(answer string) string {
	head, body, _ := strings.Cut(answer, "\n\n")
	var b bytes.Buffer
	if json.Indent(&b, []byte(body), "", "  ") != nil {
		return answer
	}
	return head + "\n\n" + strings.TrimRight(b.String(), "\n") + "\n"
}

// squeeze undoes pretty: what is compared are the bytes, white space between JSON tokens apart.
func squeeze(answer string) string {
	head, body, _ := strings.Cut(answer, "\n\n")
	var b bytes.Buffer
	if json.Compact(&b, []byte(body)) != nil {
		return strings.TrimSpace(answer)
	}
	return strings.TrimSpace(head) + "\n\n" + b.String()
}

// TestDocumentedBodiesSurviveTheTypes holds the wire types against documented bytes: what a document sends
// comes out of the types as it went in, versions apart, which the API answers as strings.
func TestDocumentedBodiesSurviveTheTypes(t *testing.T) {
	n := 0
	for _, g := range goldensOf(t) {
		if g.header["status"] != "documented" {
			continue
		}
		for _, f := range g.archive.Files {
			head, body, _ := strings.Cut(string(f.Data), "\n\n")
			if f.Name != "request" || strings.TrimSpace(body) == "" {
				continue
			}
			var again []byte
			var err error
			switch {
			case strings.Contains(head, "invocations"):
				again, err = throughType[api.Invocation](body)
			case strings.Contains(head, "POST "+api.PathEndpoints+"\n"):
				again, err = throughType[api.CreateEndpoint](body)
			default:
				continue
			}
			if err != nil {
				continue // refused documents have a golden of their own
			}
			n++
			if want, got := canonical(t, body), canonical(t, string(again)); want != got {
				t.Errorf("%s:\n sent %s\n kept %s", g.path, want, got)
			}
		}
	}
	if n < 8 {
		t.Errorf("%d documented bodies, there are more in the documents", n)
	}
}

func throughType[T any](body string) ([]byte, error) {
	v, err := decode[T]([]byte(body))
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

var versionNumber = regexp.MustCompile(`"(entity_version|model_version)":(\d+)`)

func canonical(t *testing.T, body string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return versionNumber.ReplaceAllString(string(b), `"$1":"$2"`)
}
