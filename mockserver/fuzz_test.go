package mockserver

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// fataler is a test or a property.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

func roundTrip(t fataler, c *http.Client, method, path string, body []byte) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, "http://mock.test"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token")
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, b
}

// fuzzRoute sends any bytes to a route: the server answers with JSON, never with a 500, never with a panic.
func fuzzRoute(f *testing.F, method, path string) {
	seedBodies(f, path)
	s := New(Options{Simulate: true, AnyModel: true})
	c := &http.Client{Transport: s.Transport()}
	if status, answer := roundTrip(f, c, "POST", api.PathEndpoints, []byte(create("e", pt))); status != http.StatusOK {
		f.Fatalf("create: %s", answer)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		status, answer := roundTrip(t, c, method, path, body)
		if status >= 500 || (!json.Valid(answer) && !bytes.HasPrefix(answer, []byte("data: "))) {
			t.Errorf("%d %s", status, answer)
		}
		if status == http.StatusBadRequest {
			var e api.ErrorBody
			if json.Unmarshal(answer, &e) != nil || e.ErrorCode == "" || e.Message == "" {
				t.Errorf("refusal without code or message: %s", answer)
			}
		}
		if path == api.PathEndpoints && status == http.StatusOK {
			var e api.Endpoint
			if json.Unmarshal(answer, &e) != nil {
				t.Fatal("the answer does not parse")
			}
			roundTrip(t, c, "DELETE", api.EndpointPath(e.Name), nil)
		}
	})
}

// seedBodies takes the goldens' bodies of the same route.
func seedBodies(f *testing.F, path string) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"a":[{"b":null},1e9,"\u0000"]}`))
	for _, g := range goldensOf(f) {
		for _, file := range g.archive.Files {
			head, body, _ := strings.Cut(string(file.Data), "\n\n")
			if file.Name == "request" && strings.HasSuffix(strings.Split(head, "\n")[0], lastSegment(path)) {
				f.Add([]byte(body))
			}
		}
	}
}

func lastSegment(path string) string { return path[strings.LastIndexByte(path, '/'):] }

func FuzzCreate(f *testing.F)      { fuzzRoute(f, "POST", api.PathEndpoints) }
func FuzzPutConfig(f *testing.F)   { fuzzRoute(f, "PUT", api.ConfigPath("e")) }
func FuzzPatchTags(f *testing.F)   { fuzzRoute(f, "PATCH", api.TagsPath("e")) }
func FuzzPutGateway(f *testing.F)  { fuzzRoute(f, "PUT", api.AIGatewayPath("e")) }
func FuzzTelemetry(f *testing.F)   { fuzzRoute(f, "PATCH", api.TelemetryPath("e")) }
func FuzzInvocations(f *testing.F) { fuzzRoute(f, "POST", api.InvocationsPath("e")) }

// FuzzSecretReference: what is taken as a reference is made of its parts again, and nothing else is.
func FuzzSecretReference(f *testing.F) {
	for _, s := range []string{"{{secrets/a/b}}", "{{ secrets/a/b }}", "{{secrets/a}}", "{{secrets/a/b/c}}", "sk-1", "{{secrets//b}}", "{{{secrets/a/b}}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		scope, key, ok := api.SecretReference(s)
		if !ok {
			return
		}
		if again, key2, ok := api.SecretReference("{{secrets/" + scope + "/" + key + "}}"); !ok || again != scope || key2 != key {
			t.Errorf("%q: scope %q, key %q", s, scope, key)
		}
		w := newWorkspace("w", &ledger{vault: &vault{}}, &world{})
		w.secrets.set(scope, secretScopeKeys{key: {"value", goldenTime}})
		if v, err := w.secrets.resolve(s); err != nil || v != "value" {
			t.Errorf("%q: %q, %v", s, v, err)
		}
	})
}

// FuzzRedact: no plaintext of a JSON body stays, whatever stands around it.
func FuzzRedact(f *testing.F) {
	f.Add("openai_api_key", "sk-1", " ")
	f.Fuzz(func(t *testing.T, name, secret, space string) {
		if len(secret) < 4 || strings.Contains(redacted, secret) || strings.TrimSpace(space) != "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			t.Skip()
		}
		value, err := json.Marshal(secret)
		if err != nil || strings.Contains(`{"":_plaintext}`+name, secret) {
			t.Skip()
		}
		body := []byte(`{"` + name + `_plaintext"` + space + `:` + space + string(value) + `}`)
		if json.Valid(body) && bytes.Contains(redactBody(body), value[1:len(value)-1]) {
			t.Errorf("%s: %s", body, redactBody(body))
		}
	})
}
