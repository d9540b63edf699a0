package mockserver

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// tester speaks HTTP to a server without a socket.
type tester struct {
	t     testing.TB
	http  http.Client
	token string
}

func call(t testing.TB, s *Server) tester {
	t.Helper()
	return tester{t: t, http: http.Client{Transport: s.Transport()}, token: "token"}
}

// do sends a request and returns status and body.
func (c tester) do(method, path, body string) (int, string) {
	c.t.Helper()
	resp, err := c.send(method, path, body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatalf("%s %s: read: %v", method, path, err)
	}
	return resp.StatusCode, string(b)
}

func (c tester) send(method, path, body string) (*http.Response, error) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, "http://mock.test"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return c.http.Do(req)
}

// ok is do for requests that must succeed.
func (c tester) ok(method, path, body string) string {
	c.t.Helper()
	status, answer := c.do(method, path, body)
	if status != http.StatusOK {
		c.t.Fatalf("%s %s: status %d: %s", method, path, status, answer)
	}
	return answer
}

// endpoint is ok for answers that are endpoints.
func (c tester) endpoint(method, path, body string) api.Endpoint {
	c.t.Helper()
	var e api.Endpoint
	parse(c.t, c.ok(method, path, body), &e)
	return e
}

func (c tester) get(name string) api.Endpoint {
	c.t.Helper()
	return c.endpoint("GET", api.EndpointPath(name), "")
}

// until reads an endpoint again and again until it is as the test wants it.
func (c tester) until(name string, as func(api.Endpoint) bool) (e api.Endpoint) {
	c.t.Helper()
	eventually(c.t, func() bool {
		e = c.get(name)
		return as(e)
	})
	return e
}

func settled(e api.Endpoint) bool { return !e.Updating() }

// eventually waits for what happens elsewhere, and gives up after a while.
func eventually(t testing.TB, as func() bool) {
	t.Helper()
	tick, late := time.NewTicker(5*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !as() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("it does not happen")
		}
	}
}

// refused checks status, code and a part of the message of a refusal.
func (c tester) refused(method, path, body string, status int, code, part string) {
	c.t.Helper()
	got, answer := c.do(method, path, body)
	var e api.ErrorBody
	parse(c.t, answer, &e)
	if got != status || e.ErrorCode != code || !strings.Contains(e.Message, part) {
		c.t.Errorf("%s %s %s:\n got %d %s: %s\nwant %d %s: ...%s...", method, path, body, got, e.ErrorCode, e.Message, status, code, part)
	}
}

func parse(t testing.TB, text string, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("answer does not parse: %v: %s", err, text)
	}
}

const (
	pt     = `{"name":"a","entity_name":"ml.llm-catalog.foundation-model","entity_version":"3","min_provisioned_throughput":980,"max_provisioned_throughput":980}`
	custom = `{"name":"b","entity_name":"system.ai.llama_3_1_8b_instruct","entity_version":"1","workload_size":"Small","scale_to_zero_enabled":false}`
	split  = `"traffic_config":{"routes":[{"served_entity_name":"a","traffic_percentage":90},{"served_model_name":"b","traffic_percentage":"10"}]}`
)

func create(name, entities string) string {
	return `{"name":"` + name + `","config":{"served_entities":[` + entities + `]}}`
}
