package upstream

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/tools/txtar"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/wire/wiretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

var _ = flag.Bool("update", false, "write what is sent and read into the golden files")

// TestProviders plays each provider's documented answer and compares what it was asked, byte for byte, and what came
// out. Hosts are the providers' own; a transport leads them to a server on this machine.
func TestProviders(t *testing.T) {
	files, err := filepath.Glob("testdata/providers/*.txtar")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	account := serviceAccount(t)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			got["sent"], got["result"] = play(t, section(a, "model.json"), section(a, "request.json"), section(a, "reply"), account)
			changed := false
			for _, name := range []string{"sent", "result"} {
				if want := string(section(a, name)); want != got[name] && !updating() {
					t.Errorf("%s is\n%s\nwant\n%s", name, got[name], want)
				}
				changed = setSection(a, name, got[name]) || changed
			}
			if changed && updating() {
				if err := os.WriteFile(file, txtar.Format(a), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func section(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

func setSection(a *txtar.Archive, name, data string) bool {
	for i := range a.Files {
		if a.Files[i].Name == name {
			changed := string(a.Files[i].Data) != data
			a.Files[i].Data = []byte(data)
			return changed
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(data)})
	return true
}

// serviceAccount is a Google key document with a key of its own.
func serviceAccount(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	b, err := json.Marshal(map[string]string{"client_email": "robot@project.iam.gserviceaccount.com", "private_key": string(block), "token_uri": "https://evil.example.com/token"})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// rewrite sends every request to one server and keeps the host that it was meant for.
type rewrite struct{ to *url.URL }

func (rw rewrite) RoundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	out.Host = req.URL.Host
	out.Header.Set("Test-Scheme", req.URL.Scheme)
	out.URL.Scheme, out.URL.Host = rw.to.Scheme, rw.to.Host
	return http.DefaultTransport.RoundTrip(out)
}

func play(t *testing.T, model, request, reply []byte, account string) (sent, result string) {
	t.Helper()
	var m api.ExternalModel
	var q struct {
		Request
		Inputs []string
	}
	for data, v := range map[*[]byte]any{&model: &m, &request: &q} {
		d := json.NewDecoder(bytes.NewReader(*data))
		d.DisallowUnknownFields()
		if err := d.Decode(v); err != nil {
			t.Fatal(err)
		}
	}
	var log strings.Builder
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.WriteString(describe(t, r))
		if strings.HasSuffix(r.URL.Path, "/token") {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"ACCESS","token_type":"Bearer","expires_in":3600}`)
			return
		}
		answer(t, w, reply)
	}))
	defer server.Close()
	x, err := NewExternal(ExternalConfig{Name: "entity", Model: &m}, Options{Clock: func() time.Time {
		return time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	}})
	if err != nil {
		t.Fatal(err)
	}
	to, _ := url.Parse(server.URL)
	x.caller.client.Transport = rewrite{to}
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	keys := func(_ context.Context, name string) (string, error) {
		if name == "private_key" {
			return account, nil
		}
		return "KEY-" + name, nil
	}
	var out strings.Builder
	if q.Inputs != nil {
		e, err := x.Embed(t.Context(), q.Inputs, keys)
		fmt.Fprintf(&out, "vectors %v tokens %d error %v\n", e.Vectors, e.Tokens, err)
		return log.String(), out.String()
	}
	s, err := x.Generate(t.Context(), q.Request, keys)
	for err == nil {
		var p Piece
		if p, err = s.Next(t.Context()); err != nil {
			break
		}
		fmt.Fprintf(&out, "%d %q %s", p.Choice, p.Text, p.Finish)
		for _, l := range p.Logprobs {
			fmt.Fprintf(&out, " %q=%v", l.Token, l.Logprob)
			for _, top := range l.TopLogprobs {
				fmt.Fprintf(&out, "/%q=%v", top.Token, top.Logprob)
			}
		}
		out.WriteString("\n")
	}
	if !errors.Is(err, io.EOF) {
		fmt.Fprintf(&out, "error %v\n", err)
		return log.String(), out.String()
	}
	u := s.Usage()
	fmt.Fprintf(&out, "usage %d + %d = %d\n", u.PromptTokens, u.CompletionTokens, u.TotalTokens)
	return log.String(), out.String()
}

// describe writes a request down: what no client changes, and the body.
func describe(t *testing.T, r *http.Request) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s://%s%s\n", r.Method, r.Header.Get("Test-Scheme"), r.Host, r.RequestURI)
	r.Header.Del("Test-Scheme")
	for _, h := range []string{"Accept-Encoding", "User-Agent", "Content-Length"} {
		r.Header.Del(h)
	}
	var names []string
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(r.Header[name], ", "))
	}
	text := regexp.MustCompile(`assertion=[^&]+`).ReplaceAllString(string(body), "assertion=JWT")
	return b.String() + "\n" + text + "\n"
}

// answer plays a reply: a line with status and content type, then the body. A binary event stream is written as lines
// of an event type and its JSON.
func answer(t *testing.T, w http.ResponseWriter, reply []byte) {
	t.Helper()
	head, body, _ := bytes.Cut(reply, []byte("\n"))
	code, kind, _ := strings.Cut(string(head), " ")
	status, err := strconv.Atoi(code)
	if err != nil {
		t.Error(err)
		status = http.StatusTeapot
	}
	if kind == "application/vnd.amazon.eventstream" {
		var frames []byte
		for line := range strings.Lines(string(body)) {
			name, data, _ := strings.Cut(strings.TrimSpace(line), " ")
			what := "event"
			if strings.HasSuffix(name, "Exception") {
				what = "exception"
			}
			frames = wiretest.AppendMessage(frames, []byte(data), ":message-type", what, ":"+what+"-type", name, ":content-type", "application/json")
		}
		body = frames
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
