package mockserver

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// TestAnotherServerAnswers puts one server before another, as an external model of two providers: what the client
// gets is what the other server says, logprobs, usage and all.
func TestAnotherServerAnswers(t *testing.T) {
	back := New(Options{Simulate: true})
	defer func() { _ = back.Close() }()
	url, err := back.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := call(t, back)
	b.endpoint("POST", api.PathEndpoints, create("model", custom))
	front := New(Options{External: true, Engines: engines(t, "external:\n  allow: [127.0.0.0/8]\n")})
	defer func() { _ = front.Close() }()
	f := call(t, front)
	front.PutSecret("token", "s", "k", "token")
	for name, block := range map[string]string{
		"databricks-model-serving": `"databricks_model_serving_config":{"databricks_workspace_url":"` + url + `","databricks_api_token":"{{secrets/s/k}}"}`,
		"custom":                   `"custom_provider_config":{"custom_provider_url":"` + url + `/serving-endpoints","bearer_token_auth":{"token":"{{secrets/s/k}}"}}`,
	} {
		for i, q := range []struct{ task, body string }{
			{api.TaskChat, `{"messages":[{"role":"user","content":"Hi"}],"max_tokens":6,"seed":7,"n":2,"logprobs":true}`},
			{api.TaskChat, `{"messages":[{"role":"user","content":"Hi"}],"max_tokens":6,"seed":7,"n":2,"stream":true,"stream_options":{"include_usage":true}}`},
			{api.TaskCompletions, `{"prompt":"Hi","max_tokens":6,"seed":7,"stop":["model"]}`},
		} {
			endpoint := fmt.Sprintf("%s-%d", name, i)
			f.endpoint("POST", api.PathEndpoints, create(endpoint, fmt.Sprintf(`{"name":"x","external_model":{"name":"model","provider":%q,"task":%q,%s}}`, name, q.task, block)))
			got := sameness(t, f.ok("POST", api.InvocationsPath(endpoint), q.body))
			if want := sameness(t, b.ok("POST", api.InvocationsPath("model"), q.body)); got != want || len(want) < 100 {
				t.Errorf("%s %s\ngot  %s\nwant %s", name, q.body, got, want)
			}
		}
	}
	resp, err := f.send("POST", api.InvocationsPath("custom-1"), `{"messages":[{"role":"user","content":"Hi"}],"stream":true,"top_k":0}`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "top_k") {
		t.Errorf("%d %s %v", resp.StatusCode, body, err)
	}
}

// sameness leaves out what differs from one answer to the next.
func sameness(t *testing.T, answer string) string {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(answer) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "data: ")
		if line == "" || line == "[DONE]" {
			continue
		}
		var c api.Completion
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		c.ID, c.Created, c.Model = "", 0, ""
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(b, '\n'))
	}
	return out.String()
}

// An engine that is over its limit hands the request to the next entity.
func TestFallbackFromAnEngine(t *testing.T) {
	g := newGPU(t)
	g.status = 429
	s := New(Options{Simulate: true, Engines: engines(t, "engines:\n  - {kind: vllm, base_url: %s, model: llama, models: [system.ai.llama_3_1_8b_instruct]}\n", g.URL)})
	defer func() { _ = s.Close() }()
	c := call(t, s)
	c.endpoint("POST", api.PathEndpoints, `{"name":"e","config":{"served_entities":[`+custom+`,`+pt+`],"traffic_config":{"routes":[{"served_model_name":"b","traffic_percentage":100},{"served_model_name":"a","traffic_percentage":0}]}},"ai_gateway":{"fallback_config":{"enabled":true}}}`)
	resp, err := c.send("POST", api.InvocationsPath("e"), `{"messages":[{"role":"user","content":"Hi"}],"max_tokens":3}`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if got := resp.Header.Get(api.ServedModelHeader); resp.StatusCode != http.StatusOK || got != "a" || len(g.bodies) != 1 {
		t.Errorf("%d by %q after %d requests", resp.StatusCode, got, len(g.bodies))
	}
}
