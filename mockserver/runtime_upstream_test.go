package mockserver

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

// gpu is a vLLM look-alike whose health and answers the test sets.
type gpu struct {
	*httptest.Server
	mu      sync.Mutex
	models  string
	status  int // of answers; 0: 200
	bodies  []string
	headers []http.Header
}

func newGPU(t *testing.T) *gpu {
	t.Helper()
	g := &gpu{models: `{"data":[{"id":"llama"}]}`}
	g.Server = httptest.NewServer(http.HandlerFunc(g.serve))
	t.Cleanup(g.Close)
	return g
}

func (g *gpu) set(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
}

func (g *gpu) serve(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	switch r.URL.Path {
	case "/health":
		return
	case "/v1/models":
		_, _ = io.WriteString(w, g.models)
		return
	case "/metrics":
		_, _ = io.WriteString(w, "vllm:time_to_first_token_seconds_bucket{le=\"0.05\"} 3\nvllm:time_to_first_token_seconds_bucket{le=\"+Inf\"} 4\nvllm:time_to_first_token_seconds_sum 0.5\nvllm:time_to_first_token_seconds_count 4\n")
		return
	}
	g.bodies, g.headers = append(g.bodies, r.URL.Path+" "+string(body)), append(g.headers, r.Header.Clone())
	if g.status != 0 {
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(g.status)
		return
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/embeddings"):
		_, _ = io.WriteString(w, `{"data":[{"index":0,"embedding":[0.5]}],"usage":{"prompt_tokens":3}}`)
	case strings.HasSuffix(r.URL.Path, "/messages"):
		_, _ = io.WriteString(w, `{"type":"message","content":[{"type":"text","text":"from the provider"}],"stop_reason":"end_turn","usage":{"input_tokens":5,"output_tokens":3}}`)
	case strings.Contains(string(body), `"stream":true`):
		_, _ = io.WriteString(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"from\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" the GPU\"},\"finish_reason\":\"length\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9}}\n\ndata: [DONE]\n\n")
	case strings.HasSuffix(r.URL.Path, "/v1/completions"):
		_, _ = io.WriteString(w, `{"choices":[{"index":0,"text":"from the GPU","finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}`)
	default:
		_, _ = io.WriteString(w, `{"choices":[{"index":0,"message":{"content":"from the GPU"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}`)
	}
}

// engines opens an engines file.
func engines(t testing.TB, text string, args ...any) *upstream.Set {
	t.Helper()
	c, err := upstream.ParseConfig("engines.yaml", fmt.Appendf(nil, text, args...))
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// believe makes the server take the engine of the sample model for ready, whatever it is.
func believe(t *testing.T, s *Server) {
	t.Helper()
	w, err := s.tenant("token")
	if err != nil {
		t.Fatal(err)
	}
	place, ok := s.upstreams.engines.Find("system.ai.llama_3_1_8b_instruct", "1", "")
	if !ok {
		t.Fatal("no engine")
	}
	s.upstreams.probes.all[probeKey{w.name, place.Backend}] = &probe{at: time.Now().Add(time.Hour)}
}

const oneEngine = "engines:\n  - {name: a100, kind: vllm, base_url: %s, model: llama, key: '{{secrets/gpu/key}}', models: [system.ai.llama_3_1_8b_instruct]}\n"

func TestRemoteEngineAnswers(t *testing.T) {
	g := newGPU(t)
	s := New(Options{Engines: engines(t, oneEngine, g.URL)})
	defer func() { _ = s.Close() }()
	c := call(t, s)
	s.PutSecret("token", "gpu", "key", "sk-gpu")
	c.endpoint("POST", api.PathEndpoints, create("e", custom))
	path := api.InvocationsPath("e")
	for _, q := range []struct{ body, sent, want string }{
		{`{"messages":[{"role":"user","content":"Hi"}],"max_tokens":9,"temperature":0.5,"seed":-1}`, `/v1/chat/completions {"model":"llama","messages":[{"role":"user","content":"Hi"}],"max_tokens":9,"temperature":0.5,"seed":9223372036854775807}`, `"content":"from the GPU"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}`},
		{`{"prompt":"Hi","top_k":4}`, `/v1/completions {"model":"llama","prompt":"Hi","max_tokens":64,"temperature":1,"top_k":4}`, `"text":"from the GPU"`},
		{`{"inputs":{"prompt":"Hi"},"params":{"max_tokens":5}}`, `/v1/completions {"model":"llama","prompt":"Hi","max_tokens":5,"temperature":1}`, `{"predictions":[{"candidates":[{"text":"from the GPU","metadata":{"finish_reason":"stop"}}]}],"metadata":{"input_tokens":7,"output_tokens":3,"total_tokens":10}}`},
		{`{"messages":[{"role":"user","content":"Hi"}],"stream":true,"stream_options":{"include_usage":true}}`, `"stream":true,"stream_options":{"include_usage":true}}`, `"total_tokens":9`},
	} {
		got := c.ok("POST", path, q.body)
		if sent := g.bodies[len(g.bodies)-1]; !strings.Contains(got, q.want) || !strings.HasSuffix(sent, q.sent) {
			t.Errorf("%s\nsent %s\nanswer %s", q.body, sent, got)
		}
	}
	if got := g.headers[0].Get("Authorization"); got != "Bearer sk-gpu" {
		t.Errorf("key %q", got)
	}
	if m := c.ok("GET", api.EndpointPath("e")+"/metrics", ""); !strings.Contains(m, `time_to_first_token_ms_bucket{endpoint_name="e",served_model_name="b",le="50"} 3`) {
		t.Errorf("metrics:\n%s", m)
	}
}

func TestEngineRefusals(t *testing.T) {
	g := newGPU(t)
	s := New(Options{Engines: engines(t, oneEngine, g.URL)})
	defer func() { _ = s.Close() }()
	c := call(t, s)
	believe(t, s)
	c.endpoint("POST", api.PathEndpoints, create("e", custom))
	chat := `{"messages":[{"role":"user","content":"Hi"}]}`
	c.refused("POST", api.InvocationsPath("e"), chat, http.StatusBadRequest, api.CodeInvalidParameter, "no such scope")
	if len(g.bodies) != 0 {
		t.Fatal("a request without its key")
	}
	s.PutSecret("token", "gpu", "key", "sk-gpu")
	for status, want := range map[int]struct {
		status int
		code   string
	}{
		429: {429, api.CodeLimitExceeded}, 500: {502, api.CodeInternal}, 503: {503, api.CodeUnavailable},
		401: {403, api.CodePermissionDenied}, 404: {404, api.CodeNotFound}, 422: {422, api.CodeBadRequest},
	} {
		g.set(func() { g.status = status })
		c.refused("POST", api.InvocationsPath("e"), chat, want.status, want.code, "Served entity 'b': a100: ")
	}
	g.set(func() { g.status = 429 })
	resp, err := c.send("POST", api.InvocationsPath("e"), chat)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got := resp.Header.Get("Retry-After"); got != "3" {
		t.Errorf("Retry-After %q", got)
	}
}

// An entity is ready only while its engine serves the model.
func TestEngineReadiness(t *testing.T) {
	g := newGPU(t)
	s := New(Options{Engines: engines(t, "engines:\n  - {kind: vllm, base_url: %s, model: llama, models: [system.ai.llama_3_1_8b_instruct]}\n", g.URL)})
	defer func() { _ = s.Close() }()
	s.upstreams.probes.age = 0
	c := call(t, s)
	if e := c.endpoint("POST", api.PathEndpoints, create("e", custom)); e.State.Ready != api.ReadyYes || e.State.ConfigUpdate != api.NotUpdating {
		t.Errorf("%+v", e.State)
	}
	becomes := func(ready api.Ready, part string) {
		t.Helper()
		e := c.until("e", func(e api.Endpoint) bool { return e.State.Ready == ready })
		state := e.Config.ServedEntities[0].State
		if want := map[api.Ready]api.Deployment{api.ReadyYes: api.DeploymentReady, api.ReadyNo: api.DeploymentRecovering}[ready]; state.Deployment != want || !strings.Contains(state.DeploymentStateMessage, part) {
			t.Errorf("%+v", state)
		}
	}
	g.set(func() { g.models = `{"data":[{"id":"qwen"}]}` })
	becomes(api.ReadyNo, `serves ["qwen"], not "llama"`)
	g.set(func() { g.models = `{"data":[{"id":"llama"}]}` })
	becomes(api.ReadyYes, "")
	g.Close()
	becomes(api.ReadyNo, "connection refused")
}

// A deployment waits for its engine, says so, and ends when the engine serves or the time is up.
func TestDeploymentWaitsForItsEngine(t *testing.T) {
	g := newGPU(t)
	g.models = `{"data":[]}`
	const file = "engines:\n  - {kind: vllm, base_url: %s, model: llama, models: [system.ai.llama_3_1_8b_instruct], start_timeout: %s}\n"
	s := New(Options{Engines: engines(t, file, g.URL, "1h")})
	defer func() { _ = s.Close() }()
	s.upstreams.probes.age = 0
	c := call(t, s)
	e := c.endpoint("POST", api.PathEndpoints, create("e", custom))
	state := e.PendingConfig.ServedEntities[0].State
	if e.State.Ready != api.ReadyNo || e.State.ConfigUpdate != api.InProgress || state.Deployment != api.DeploymentCreating ||
		!strings.Contains(state.DeploymentStateMessage, `loading the model. Waiting for its engine: vllm llama: not ready: the engine serves []`) {
		t.Errorf("%+v %+v", e.State, state)
	}
	c.refused("POST", api.InvocationsPath("e"), `{"prompt":"Hi"}`, http.StatusServiceUnavailable, api.CodeUnavailable, "not ready")
	g.set(func() { g.models = `{"data":[{"id":"llama"}]}` })
	if e := c.until("e", settled); e.State.Ready != api.ReadyYes || e.Config.ServedEntities[0].State.Deployment != api.DeploymentReady {
		t.Errorf("%+v", e.State)
	}
	g.Close()
	late := New(Options{Engines: engines(t, file, g.URL, "1ms")})
	defer func() { _ = late.Close() }()
	c = call(t, late)
	c.endpoint("POST", api.PathEndpoints, create("e", custom))
	e = c.until("e", settled)
	if state := e.PendingConfig.ServedEntities[0].State; e.State.ConfigUpdate != api.UpdateFailed || state.Deployment != api.DeploymentFailed ||
		!strings.Contains(state.DeploymentStateMessage, "The engine of served entity b does not serve the model: vllm llama: not ready") {
		t.Errorf("%+v %+v", e.State, state)
	}
}

// An engine that takes connections and says nothing holds up no reader, and Close does not wait for it.
func TestHangingEngineHoldsUpNobody(t *testing.T) {
	g := newGPU(t)
	hang := make(chan struct{})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
			<-r.Context().Done()
		default:
			g.serve(w, r)
		}
	}))
	defer front.Close()
	s := New(Options{Engines: engines(t, "engines:\n  - {kind: vllm, base_url: %s, model: llama, models: [system.ai.llama_3_1_8b_instruct]}\n", front.URL)})
	s.upstreams.probes.age = 0
	c := call(t, s)
	c.endpoint("POST", api.PathEndpoints, create("e", custom))
	close(hang)
	begun := time.Now()
	if e := c.get("e"); e.State.Ready != api.ReadyYes {
		t.Errorf("what was known is forgotten: %+v", e.State)
	}
	if took := time.Since(begun); took > probeTimeout/2 {
		t.Errorf("a GET took %v", took)
	}
	begun = time.Now()
	if err := s.Close(); err != nil || time.Since(begun) > probeTimeout/2 {
		t.Errorf("Close took %v: %v", time.Since(begun), err)
	}
}

// What reached a provider is closed with the endpoint that it was for.
func TestExternalModelsEndWithTheirEndpoint(t *testing.T) {
	g := newGPU(t)
	s := New(Options{External: true, Engines: engines(t, "external:\n  allow: [127.0.0.0/8]\n  base_urls: {anthropic: %s}\n", g.URL)})
	defer func() { _ = s.Close() }()
	c := call(t, s)
	s.PutSecret("token", "llm", "key", "sk-ant")
	kept := func() int {
		s.upstreams.mu.Lock()
		defer s.upstreams.mu.Unlock()
		return len(s.upstreams.models)
	}
	for _, name := range []string{"e", "f"} {
		c.endpoint("POST", api.PathEndpoints, create(name, claude))
		c.ok("POST", api.InvocationsPath(name), `{"messages":[{"role":"user","content":"Hi"}]}`)
	}
	if n := kept(); n != 2 {
		t.Errorf("%d backends", n)
	}
	c.ok("DELETE", api.EndpointPath("e"), "")
	eventually(t, func() bool { return kept() == 1 })
	c.ok("PUT", api.ConfigPath("f"), `{"served_entities":[`+strings.Replace(claude, "claude-3", "claude-4", 1)+`]}`)
	eventually(t, func() bool { return kept() == 0 })
	c.ok("POST", api.InvocationsPath("f"), `{"messages":[{"role":"user","content":"Hi"}]}`)
}

const claude = `{"name":"claude","external_model":{"name":"claude-3","provider":"anthropic","task":"llm/v1/chat","anthropic_config":{"anthropic_api_key":"{{secrets/llm/key}}"}}}`

// External models ask their providers only if the server may.
func TestExternalModels(t *testing.T) {
	g := newGPU(t)
	const rules = "external:\n  allow: [127.0.0.0/8]\n  base_urls: {anthropic: %s}\n"
	for _, external := range []bool{false, true} {
		s := New(Options{Engines: engines(t, rules, g.URL), External: external, Simulate: true})
		c := call(t, s)
		s.PutSecret("token", "llm", "key", "sk-ant")
		c.endpoint("POST", api.PathEndpoints, create("e", claude))
		var answer api.Completion
		if err := json.Unmarshal([]byte(c.ok("POST", api.InvocationsPath("e"), `{"messages":[{"role":"user","content":"Hi"}]}`)), &answer); err != nil {
			t.Fatal(err)
		}
		if (answer.Choices[0].Message.Content == "from the provider") != external || (len(g.bodies) == 1) != external {
			t.Errorf("external %v: %+v, %d requests", external, answer.Choices[0].Message, len(g.bodies))
		}
		if external {
			if got := g.headers[0].Get("X-Api-Key"); got != "sk-ant" || answer.Usage.TotalTokens != 8 {
				t.Errorf("key %q, usage %+v", got, answer.Usage)
			}
		}
		_ = s.Close()
	}
}

// What a config names as a custom provider cannot reach this machine, and the key stays here.
func TestExternalModelsReachNothingPrivate(t *testing.T) {
	g := newGPU(t)
	s := New(Options{External: true})
	defer func() { _ = s.Close() }()
	c := call(t, s)
	for i, url := range []string{g.URL, strings.Replace(g.URL, "127.0.0.1", "localhost", 1), "http://169.254.169.254", "http://2852039166", "http://[::ffff:a9fe:a9fe]/"} {
		name := fmt.Sprintf("e%d", i)
		c.endpoint("POST", api.PathEndpoints, create(name, fmt.Sprintf(`{"name":"c","external_model":{"name":"m","provider":"custom","task":"llm/v1/chat","custom_provider_config":{"custom_provider_url":%q,"bearer_token_auth":{"token_plaintext":"sk-custom"}}}}`, url)))
		status, body := c.do("POST", api.InvocationsPath(name), `{"messages":[{"role":"user","content":"Hi"}]}`)
		if status != http.StatusBadRequest && status != http.StatusForbidden || strings.Contains(body, "sk-custom") || !strings.Contains(body, "not allowed") {
			t.Errorf("%s: %d %s", url, status, body)
		}
	}
	if len(g.bodies) != 0 {
		t.Error("a request arrived")
	}
}

// A client that hangs up takes the engine's request with it.
func TestHangUpCancelsTheEngine(t *testing.T) {
	began, gone := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, `{"data":[{"id":"llama"}]}`) // a probe
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n")
		_ = http.NewResponseController(w).Flush()
		close(began)
		<-r.Context().Done()
		close(gone)
	}))
	defer server.Close()
	s := New(Options{Engines: engines(t, "engines:\n  - {kind: vllm, base_url: %s, model: llama, models: [system.ai.llama_3_1_8b_instruct]}\n", server.URL)})
	defer func() { _ = s.Close() }()
	url, err := s.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	call(t, s).ok("POST", api.PathEndpoints, create("e", custom))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+api.InvocationsPath("e"), strings.NewReader(`{"messages":[{"role":"user","content":"Hi"}],"stream":true}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token")
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	<-began
	cancel()
	_ = resp.Body.Close()
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Error("the engine still works")
	}
}
