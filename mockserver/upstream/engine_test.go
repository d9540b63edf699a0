package upstream_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
)

// fakeEngine answers by path.
func fakeEngine(t *testing.T, paths map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := paths[r.URL.Path]
		switch {
		case !ok:
			http.NotFound(w, r)
		case body == "503":
			http.Error(w, `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`, http.StatusServiceUnavailable)
		default:
			_, _ = io.WriteString(w, body)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

const serves = `{"object":"list","data":[{"id":"llama","object":"model","owned_by":"vllm"}]}`

func TestReadiness(t *testing.T) {
	for _, c := range []struct {
		name, kind string
		paths      map[string]string
		says       string // empty: ready
	}{
		{"vllm", "vllm", map[string]string{"/health": "", "/v1/models": serves}, ""},
		{"trtllm", "trtllm", map[string]string{"/health": "", "/v1/models": serves}, ""},
		{"sglang", "sglang", map[string]string{"/health": "", "/v1/models": serves}, ""},
		{"llama.cpp", "llamacpp", map[string]string{"/health": `{"status":"ok"}`, "/v1/models": serves}, ""},
		{"ollama", "ollama", map[string]string{"/": "Ollama is running", "/v1/models": strings.Replace(serves, "llama", "llama:latest", 1)}, ""},
		{"any other", "openai", map[string]string{"/v1/models": serves}, ""},
		{"loading", "llamacpp", map[string]string{"/health": "503", "/v1/models": serves}, "gpu: not ready: the engine is not healthy: gpu: unavailable: 503: Loading model"},
		{"another model", "vllm", map[string]string{"/health": "", "/v1/models": strings.Replace(serves, "llama", "qwen", 1)}, `gpu: not ready: the engine serves ["qwen"], not "llama"`},
		{"no list", "vllm", map[string]string{"/health": ""}, "gpu: not ready: the engine does not list its models: gpu: request rejected: 404"},
		{"no JSON", "vllm", map[string]string{"/health": "", "/v1/models": "hello"}, "gpu: not ready: the engine does not list its models: gpu: malformed answer: invalid character 'h' looking for beginning of value"},
	} {
		err := engine(t, c.kind, fakeEngine(t, c.paths), local()).Ready(t.Context(), nil)
		if c.says == "" && err != nil || c.says != "" && (err == nil || err.Error() != c.says || !errors.Is(err, upstream.ErrNotReady)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestEngineMetrics(t *testing.T) {
	const histogram = `_bucket{model_name="llama",le="0.1"} 5
P_bucket{model_name="llama",le="+Inf"} 10
P_sum{model_name="llama"} 2
P_count{model_name="llama"} 10
`
	h := func(name string) string { return name + strings.ReplaceAll(histogram, "P_", name+"_") }
	for _, c := range []struct{ kind, path, text string }{
		{"vllm", "/metrics", h("vllm:time_to_first_token_seconds") + h("vllm:request_time_per_output_token_seconds") + h("vllm:inter_token_latency_seconds") + "vllm:num_requests_running{engine=\"0\"} 2\nvllm:kv_cache_usage_perc 0.5\n"},
		{"vllm", "/metrics", h("vllm:time_to_first_token_seconds") + h("vllm:time_per_output_token_seconds") + "vllm:num_requests_running 2\nvllm:gpu_cache_usage_perc 0.5\n"},
		{"sglang", "/metrics", h("sglang:time_to_first_token_seconds") + h("sglang:inter_token_latency_seconds") + "sglang:num_running_reqs 2\nsglang:token_usage 0.5\n"},
		{"trtllm", "/prometheus/metrics", h("trtllm_time_to_first_token_seconds") + h("trtllm_time_per_output_token_seconds") + "trtllm_kv_cache_utilization 0.5\n"},
	} {
		m, err := engine(t, c.kind, fakeEngine(t, map[string]string{c.path: c.text}), local()).Metrics(t.Context(), nil)
		if err != nil || math.Abs(m.TTFT.Mean()-0.2) > 1e-9 || m.TPOT.Count != 10 || m.CacheUsed != 0.5 {
			t.Errorf("%s: %+v, %v", c.kind, m, err)
		}
		if c.kind != "trtllm" && m.Running != 2 {
			t.Errorf("%s: %v running", c.kind, m.Running)
		}
	}
	if _, err := engine(t, "ollama", "http://127.0.0.1:1", local()).Metrics(t.Context(), nil); !errors.Is(err, upstream.ErrUnsupported) {
		t.Errorf("ollama: %v", err)
	}
}

func TestEngineRequests(t *testing.T) {
	var sent []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		sent = append(sent, r.URL.Path+" "+r.Header.Get("Authorization")+" "+string(b))
		_, _ = io.WriteString(w, `{"choices":[{"index":0,"text":"a","message":{"content":""},"finish_reason":"stop"}],"data":[{"index":0,"embedding":[1]}],"usage":{"prompt_tokens":2,"completion_tokens":1,"total_tokens":3}}`)
	}))
	defer server.Close()
	e, err := upstream.NewEngine(upstream.EngineConfig{Name: "gpu", Kind: "vllm", BaseURL: server.URL + "/v1/", Model: "llama", Key: "env:KEY"}, local())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	keys := func(_ context.Context, name string) (string, error) { return "value of " + name, nil }
	seed := int64(7)
	s, err := e.Generate(t.Context(), upstream.Request{Prompt: "Hi", MaxTokens: 3, TopK: 5, Seed: &seed, Logprobs: true, Stop: []string{"x"}}, keys)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := s.Next(t.Context()); err != nil || p.Text != "a" || p.Finish != "stop" || s.Usage().TotalTokens != 3 {
		t.Errorf("%+v %v", p, err)
	}
	v, err := e.Embed(t.Context(), []string{"a"}, keys)
	if err != nil || len(v.Vectors) != 1 || v.Tokens != 2 {
		t.Errorf("%+v %v", v, err)
	}
	if _, err := e.Embed(t.Context(), []string{"a", "b"}, keys); !errors.Is(err, upstream.ErrMalformed) {
		t.Errorf("one vector for two inputs: %v", err)
	}
	want := []string{
		`/v1/completions Bearer value of env:KEY {"model":"llama","prompt":"Hi","max_tokens":3,"temperature":0,"top_k":5,"seed":7,"stop":["x"],"logprobs":0}`,
		`/v1/embeddings Bearer value of env:KEY {"model":"llama","input":["a"]}`,
		`/v1/embeddings Bearer value of env:KEY {"model":"llama","input":["a","b"]}`,
	}
	if strings.Join(sent, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s", strings.Join(sent, "\n"))
	}
}

// Without its key, and for what the engine cannot do, no request is made.
func TestNothingIsSent(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }))
	defer server.Close()
	e, err := upstream.NewEngine(upstream.EngineConfig{Name: "gpu", Kind: "ollama", BaseURL: server.URL, Model: "llama", Key: "env:KEY"}, local())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	missing := errors.New("no such variable")
	for name, c := range map[string]struct {
		request upstream.Request
		keys    upstream.KeyFunc
		kind    error
	}{
		"no resolver": {question, nil, upstream.ErrKey},
		"no key":      {question, func(context.Context, string) (string, error) { return "", missing }, missing},
		"empty":       {question, func(context.Context, string) (string, error) { return " \n", nil }, upstream.ErrKey},
		"two lines":   {question, func(context.Context, string) (string, error) { return "a\r\nX-Evil: 1", nil }, upstream.ErrKey},
		"several":     {upstream.Request{Prompt: "x", N: 2}, nil, upstream.ErrUnsupported},
		"top_k":       {upstream.Request{Prompt: "x", TopK: 2}, nil, upstream.ErrUnsupported},
	} {
		if _, err := e.Generate(t.Context(), c.request, c.keys); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDestinationsOfEngines(t *testing.T) {
	for _, url := range []string{"http://169.254.169.254/latest", "http://2852039166", "http://[fe80::1]:8000", "http://user:pass@gpu:8000", "gpu:8000", ""} {
		if _, err := upstream.NewEngine(upstream.EngineConfig{Kind: "vllm", BaseURL: url}, local()); !errors.Is(err, upstream.ErrForbidden) {
			t.Errorf("%q: %v", url, err)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }))
	defer server.Close()
	public, err := upstream.NewEngine(upstream.EngineConfig{Name: "gpu", Kind: "vllm", BaseURL: strings.Replace(server.URL, "127.0.0.1", "localhost", 1)}, upstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t.Context(), public, false, nil); !errors.Is(err, egress.ErrForbidden) {
		t.Errorf("a name that leads here: %v", err)
	}
}

// torchServe speaks as LLM-API does; chunks are what the test wants them to be.
func torchServe(t *testing.T, chunks ...string) (*upstream.TorchServe, *[]string) {
	t.Helper()
	var sent []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		sent = append(sent, r.Method+" "+r.URL.Path+" "+string(b))
		switch r.URL.Path {
		case "/models/llama2-7b-chat":
			_ = json.NewEncoder(w).Encode([]map[string]any{{"modelName": "llama2-7b-chat", "workers": []map[string]string{{"id": "9000", "status": chunks[0]}}}})
			return
		case "/ping":
			_, _ = io.WriteString(w, `{"status":"Healthy"}`)
			return
		}
		for _, c := range chunks {
			_, _ = io.WriteString(w, c)
			_ = http.NewResponseController(w).Flush()
		}
	}))
	t.Cleanup(server.Close)
	ts, err := upstream.NewTorchServe(upstream.TorchServeConfig{Name: "ts", BaseURL: server.URL, ManagementURL: server.URL, Model: "llama2-7b-chat"}, upstream.Options{
		Policy: egress.Local(), Timeouts: upstream.Timeouts{Idle: time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ts.Close)
	return ts, &sent
}

func TestTorchServe(t *testing.T) {
	for _, c := range []struct {
		name   string
		chunks []string
		text   string
		kind   error
	}{
		{"whole", []string{"Spark is an engine.<|endoftext|>"}, "Spark is an engine.", nil},
		{"marker of its own", []string{"Spark is", " an engine.", "<|endoftext|>"}, "Spark is an engine.", nil},
		{"cut marker", []string{"Spark is an engine.<|end", "oft", "ext|>", "ignored"}, "Spark is an engine.", nil},
		{"almost a marker", []string{"a <|end", " of it<|endoftext|>"}, "a <|end of it", nil},
		{"cut character", []string{"caf\xc3", "\xa9<|endoftext|>"}, "café", nil},
		{"nothing", []string{"<|endoftext|>"}, "", nil},
		{"no marker", []string{"Spark is"}, "Spark is", upstream.ErrTruncated},
	} {
		for _, streaming := range []bool{false, true} {
			ts, sent := torchServe(t, c.chunks...)
			text, err := ask(t.Context(), ts, streaming, nil)
			want := c.text
			if !streaming && c.kind != nil {
				want = ""
			}
			if text != want || !errors.Is(err, c.kind) {
				t.Errorf("%s, streaming %v: %q, %v", c.name, streaming, text, err)
			}
			if got := (*sent)[0]; got != "POST /predictions/llama2-7b-chat do_sample=true&max_new_tokens=8&temperature=1&text=user%3A+Hi%0Aassistant%3A" {
				t.Errorf("sent %s", got)
			}
		}
	}
}

func TestTorchServeReadiness(t *testing.T) {
	ready, _ := torchServe(t, "READY")
	if err := ready.Ready(t.Context(), nil); err != nil {
		t.Error(err)
	}
	loading, _ := torchServe(t, "LOADING")
	if err := loading.Ready(t.Context(), nil); !errors.Is(err, upstream.ErrNotReady) || !strings.Contains(err.Error(), `["LOADING"]`) {
		t.Error(err)
	}
	if _, err := ready.Embed(t.Context(), []string{"a"}, nil); !errors.Is(err, upstream.ErrUnsupported) {
		t.Error(err)
	}
	if _, err := ready.Generate(t.Context(), upstream.Request{Prompt: "x", Stop: []string{"y"}}, nil); !errors.Is(err, upstream.ErrUnsupported) {
		t.Error(err)
	}
}
