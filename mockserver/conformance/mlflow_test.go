package conformance

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// mlflow sends what MLflow's deployments client sends, and reads answers as it does: paths are joined with an
// empty last element where the route has none, every body is parsed, and a stream's lines are all data.
type mlflow struct {
	t *testing.T
	w *world
}

// dict is a JSON object.
type dict = map[string]any

func (m mlflow) request(method, path string, body any) (*http.Response, error) {
	m.t.Helper()
	var b bytes.Buffer
	if body != nil {
		ok(m.t, json.NewEncoder(&b).Encode(body))
	}
	ctx, cancel := context.WithCancel(m.t.Context())
	m.t.Cleanup(cancel)
	r := must(http.NewRequestWithContext(ctx, method, m.w.url+path, &b))(m.t)
	r.Header.Set("Authorization", "Bearer "+m.w.token)
	r.Header.Set("User-Agent", "mlflow/3.4.0")
	r.Header.Set("X-Databricks-Endpoints-API-Client", "Databricks Deployment Client")
	r.Header.Set("Accept", "*/*")
	r.Header.Set("Accept-Encoding", "gzip, deflate")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return (&http.Client{Transport: m.w.transport}).Do(r)
}

// call is a request whose answer must be a JSON object, whatever the method is.
func (m mlflow) call(method, path string, body any) (int, dict) {
	m.t.Helper()
	resp := must(m.request(method, path, body))(m.t)
	defer func() { _ = resp.Body.Close() }()
	if encoding := resp.Header.Get("Content-Encoding"); encoding != "" {
		m.t.Fatalf("%s %s: the body is encoded: %s", method, path, encoding)
	}
	b := must(io.ReadAll(resp.Body))(m.t)
	var out dict
	if err := json.Unmarshal(b, &out); err != nil {
		m.t.Fatalf("%s %s: %d: %v: %s", method, path, resp.StatusCode, err, b)
	}
	return resp.StatusCode, out
}

func (m mlflow) ok(method, path string, body any) dict {
	m.t.Helper()
	status, out := m.call(method, path, body)
	if status != http.StatusOK {
		m.t.Fatalf("%s %s: %d: %v", method, path, status, out)
	}
	return out
}

// stream reads frames; a line without a colon or with another key than data raises, as in MLflow.
func (m mlflow) stream(path string, body dict) ([]dict, error) {
	body["stream"] = true
	resp, err := m.request("POST", path, body)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	var frames []dict
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		key, value, found := strings.Cut(line, ":")
		if !found || key != "data" {
			return frames, fmt.Errorf("unknown line %q", line)
		}
		if value = strings.TrimSpace(value); value == "[DONE]" {
			return frames, nil
		}
		var frame dict
		if err := json.Unmarshal([]byte(value), &frame); err != nil {
			return frames, fmt.Errorf("frame %q: %w", value, err)
		}
		frames = append(frames, frame)
	}
	return frames, fmt.Errorf("the stream has no end: %w", lines.Err())
}

const (
	mlflowEndpoints = "/api/2.0/serving-endpoints/" // joined with an empty route
	mlflowEndpoint  = mlflowEndpoints + "chat"
)

func externalModel() dict {
	return dict{"name": "gpt", "external_model": dict{
		"name": "gpt-4", "provider": "openai", "task": "llm/v1/chat",
		"openai_config": dict{"openai_api_key": "{{secrets/scope/key}}"},
	}}
}

func TestMLflow(t *testing.T) {
	t.Parallel()
	w := start(t, mockserver.Options{Simulate: true})
	m := mlflow{t, w}
	w.PutSecret(w.token, "scope", "key", "sk-secret")

	// The full payload.
	e := m.ok("POST", mlflowEndpoints, dict{"name": "chat", "config": dict{"served_entities": []any{externalModel()}}, "route_optimized": false})
	shown := dict{
		"name": "chat", "permission_level": "CAN_MANAGE", "route_optimized": false, "task": "llm/v1/chat",
		"endpoint_type": "EXTERNAL_MODEL", "creator_kind": "User",
	}
	for key, want := range shown {
		equal(t, key, e[key], want)
	}
	// The legacy one: task and tags stand beside a config of served models, which may be empty.
	m.ok("POST", mlflowEndpoints, dict{"name": "plain", "config": dict{}, "route_optimized": false, "tags": []any{dict{"key": "team", "value": "ml"}}})
	m.ok("POST", mlflowEndpoints, dict{"name": "tasked", "config": dict{}, "task": "llm/v1/chat"})

	endpoints, _ := m.ok("GET", mlflowEndpoints, nil)["endpoints"].([]any)
	equal(t, "endpoints", len(endpoints), 3)
	for _, key := range []string{"name", "creator", "creation_timestamp", "last_updated_timestamp", "state", "config", "id"} {
		if _, there := m.ok("GET", mlflowEndpoint, nil)[key]; !there {
			t.Errorf("an endpoint lacks %s", key)
		}
	}
	m.ok("PUT", mlflowEndpoint+"/config", dict{"served_entities": []any{externalModel()}})
	tags := m.ok("PATCH", mlflowEndpoint+"/tags", dict{"add_tags": []any{dict{"key": "project", "value": "test"}}})
	equal(t, "tags", fmt.Sprint(tags["tags"]), "[map[key:project value:test]]")
	limits := []any{dict{"key": "user", "renewal_period": "minute", "calls": 10}}
	m.ok("PUT", mlflowEndpoint+"/rate-limits", dict{"rate_limits": limits})
	gateway := m.ok("PUT", mlflowEndpoint+"/ai-gateway", dict{
		"usage_tracking_config":  dict{"enabled": true},
		"inference_table_config": dict{"enabled": true, "catalog_name": "my_catalog", "schema_name": "my_schema"},
	})
	equal(t, "table", fmt.Sprint(gateway["inference_table_config"]), "map[catalog_name:my_catalog enabled:true schema_name:my_schema table_name_prefix:chat]")

	// DELETE's answer is parsed too.
	m.ok("DELETE", mlflowEndpoint, nil)
	status, gone := m.call("GET", mlflowEndpoint, nil)
	equal(t, "status", status, http.StatusNotFound)
	if gone["error_code"] == nil || gone["message"] == nil {
		t.Errorf("an error lacks error_code or message: %v", gone)
	}
}

func TestMLflowPredict(t *testing.T) {
	t.Parallel()
	w := tasks(t)
	m := mlflow{t, w}
	messages := []any{dict{"role": "user", "content": "Hello!"}}
	a := m.ok("POST", "/serving-endpoints/chat/invocations", dict{"messages": messages, "temperature": 0.0, "n": 1, "max_tokens": 8})
	equal(t, "object", a["object"], any("chat.completion"))
	choice, _ := a["choices"].([]any)[0].(dict)
	message, _ := choice["message"].(dict)
	whole, _ := message["content"].(string)
	if whole == "" || choice["finish_reason"] == nil {
		t.Errorf("choice: %v", choice)
	}
	frames, err := m.stream("/serving-endpoints/chat/invocations", dict{"messages": messages, "temperature": 0.0, "n": 1, "max_tokens": 8})
	ok(t, err)
	var text strings.Builder
	for _, f := range frames {
		equal(t, "object", f["object"], any("chat.completion.chunk"))
		for _, c := range f["choices"].([]any) {
			delta, _ := c.(dict)["delta"].(dict)
			content, _ := delta["content"].(string)
			text.WriteString(content)
		}
	}
	equal(t, "text", text.String(), whole)
	embedded := m.ok("POST", "/serving-endpoints/embed/invocations", dict{"input": []any{"one", "two"}})
	equal(t, "vectors", len(embedded["data"].([]any)), 2)
	completed := m.ok("POST", "/serving-endpoints/write/invocations", dict{"prompt": "Once", "max_tokens": 4})
	equal(t, "object", completed["object"], any("text_completion"))

	// Refusals come as JSON before any frame.
	if _, err := m.stream("/serving-endpoints/none/invocations", dict{"messages": messages}); err == nil || err.Error() != "status 404" {
		t.Errorf("a stream of a missing endpoint: %v, want status 404", err)
	}
}
