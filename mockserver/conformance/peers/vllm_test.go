package peers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/openai/openai-go/v3"
)

// simulator is a running llm-d-inference-sim that repeats what it is told.
type simulator struct {
	url  string
	stop func()
}

// vllm builds and starts the simulator. Its model's name is none that it would look up elsewhere, and its own
// tokenizer needs nothing.
func vllm(t *testing.T) simulator {
	t.Helper()
	build := exec.CommandContext(t.Context(), "go", "tool", "-n", "llm-d-inference-sim")
	build.Dir = "llm-d-inference-sim"
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	program, err := build.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(failed.Stderr))
	}
	if err != nil {
		skip(t, "llm-d-inference-sim", err)
	}
	port := freePort(t)
	p := run(t, regexp.MustCompile(`"Server starting" protocol="(HTTP)"`), nil, strings.TrimSpace(string(program)),
		"--port", port, "--model", "peer", "--force-dummy-tokenizer", "--mode", "echo",
		"--time-to-first-token", "20ms", "--inter-token-latency", "5ms")
	return simulator{"http://127.0.0.1:" + port, p.stop}
}

// freePort is a port that nobody listened on a moment ago: the simulator takes a number alone.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	ok(t, err)
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	ok(t, err)
	return port
}

// fail has the simulator answer everything with a failure; without one, nothing.
func (s simulator) fail(t *testing.T, failure string) {
	t.Helper()
	body := `{"failure-injection-rate":0}`
	if failure != "" {
		body = fmt.Sprintf(`{"failure-injection-rate":100,"failure-types":[%q]}`, failure)
	}
	resp, err := http.Post(s.url+"/admin/config", "application/json", strings.NewReader(body))
	ok(t, err)
	defer http.DefaultClient.CloseIdleConnections()
	defer func() { _ = resp.Body.Close() }()
	if answer, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s %v", failure, resp.StatusCode, answer, err)
	}
}

// Models that the mock server has registered, by what they do; an engine answers for them.
const (
	chats   = "system.ai.llama_3_1_8b_instruct"
	writes  = "ml.llm-catalog.llama-13b"
	embeds  = "ml.llm-catalog.gte-large"
	missing = "ml.llm-catalog.foundation-model"
)

// engineFile leads three models to an engine, and one to a name that the engine does not serve.
func engineFile(url string) string {
	return fmt.Sprintf(`engines:
  - {name: gpu, kind: vllm, base_url: %[1]s, model: peer, models: [%[2]s, %[3]s, %[4]s], breaker: {failures: -1}}
  - {name: other, kind: vllm, base_url: %[1]s/v1, model: another, models: [%[5]s]}
`, url, chats, writes, embeds, missing)
}

// deploy makes an endpoint of a registered model.
func (g *gateway) deploy(t *testing.T, name, model, version string) {
	t.Helper()
	g.create(t, name, fmt.Sprintf(`{"name":"e","entity_name":%q,"entity_version":%q,"workload_size":"Small","scale_to_zero_enabled":false}`, model, version))
}

// entities are those of a config, with what is said of them.
type entities struct {
	Entities []struct {
		State struct {
			Deployment string `json:"deployment"`
			Message    string `json:"deployment_state_message"`
		} `json:"state"`
	} `json:"served_entities"`
}

// state is what an endpoint says of itself and of its entity, whether it serves or rolls out.
func (g *gateway) state(t *testing.T, name string) (ready, deployment, message string) {
	t.Helper()
	_, answer := g.send(t, http.MethodGet, "/api/2.0/serving-endpoints/"+name, "")
	var e struct {
		State struct {
			Ready string `json:"ready"`
		} `json:"state"`
		Config  entities `json:"config"`
		Pending entities `json:"pending_config"`
	}
	ok(t, json.Unmarshal([]byte(answer), &e))
	all := append(e.Config.Entities, e.Pending.Entities...)
	if len(all) != 1 {
		t.Fatalf("%s: %s", name, answer)
	}
	s := all[0].State
	return e.State.Ready, s.Deployment, s.Message
}

func TestVLLM(t *testing.T) {
	s := vllm(t)
	g := front(t, engineFile(s.url))
	g.deploy(t, "chat", chats, "1")
	g.deploy(t, "write", writes, "3")
	g.deploy(t, "embed", embeds, "1")
	g.deploy(t, "missing", missing, "3")
	t.Run("chat", g.vllmChat)
	t.Run("stream", g.vllmStream)
	t.Run("completions", g.vllmCompletions)
	t.Run("embeddings", g.vllmEmbeddings)
	t.Run("metrics", g.vllmMetrics)
	t.Run("failures", func(t *testing.T) { g.vllmFailures(t, s) })
	ready, deployment, message := g.state(t, "chat")
	equal(t, "state", ready+" "+deployment+" "+message, "READY DEPLOYMENT_READY ")
	ready, deployment, message = g.state(t, "missing")
	equal(t, "state of another model", ready+" "+deployment, "NOT_READY DEPLOYMENT_CREATING")
	if !strings.Contains(message, `the engine serves ["peer"], not "another"`) {
		t.Errorf("message: %q", message)
	}
	s.stop()
	g.recovers(t)
}

func (g *gateway) vllmChat(t *testing.T) {
	c := g.openAI()
	p := chat("chat", "one two three")
	p.N, p.Logprobs, p.TopLogprobs, p.MaxTokens = openai.Int(2), openai.Bool(true), openai.Int(2), openai.Int(100)
	a, err := c.Chat.Completions.New(t.Context(), p)
	ok(t, err)
	equal(t, "choices", len(a.Choices), 2)
	equal(t, "completion tokens", a.Usage.CompletionTokens, 6)
	equal(t, "total tokens", a.Usage.TotalTokens, a.Usage.PromptTokens+6)
	for i, choice := range a.Choices {
		equal(t, "index", choice.Index, int64(i))
		equal(t, "text", choice.Message.Content, "one two three")
		equal(t, "finish reason", choice.FinishReason, "stop")
		var words []string
		for _, l := range choice.Logprobs.Content {
			words = append(words, l.Token)
			equal(t, "alternatives", len(l.TopLogprobs), 2)
			equal(t, "bytes", len(l.Bytes), len(l.Token))
		}
		equal(t, "tokens", strings.Join(words, "|"), "one |two |three")
		equal(t, "logprob", choice.Logprobs.Content[0].Logprob, -1)
	}
}

func (g *gateway) vllmStream(t *testing.T) {
	p := chat("chat", "one two three four")
	p.N, p.Logprobs = openai.Int(2), openai.Bool(true)
	a := g.stream(t, p)
	equal(t, "choices", len(a.Choices), 2)
	equal(t, "frames", a.frames, 8)
	equal(t, "completion tokens", a.Usage.CompletionTokens, 8)
	for _, choice := range a.Choices {
		equal(t, "text", choice.Message.Content, "one two three four")
		equal(t, "finish reason", choice.FinishReason, "stop")
		equal(t, "logprobs", len(choice.Logprobs.Content), 4)
	}
}

// vllmCompletions: the simulator repeats the prompt, whatever the bound.
func (g *gateway) vllmCompletions(t *testing.T) {
	c := g.openAI()
	p := openai.CompletionNewParams{
		Model: "write", Prompt: openai.CompletionNewParamsPromptUnion{OfString: openai.String("once upon a time")},
		MaxTokens: openai.Int(2), Logprobs: openai.Int(2),
	}
	a, err := c.Completions.New(t.Context(), p)
	ok(t, err)
	equal(t, "text", a.Choices[0].Text, "once upon a time")
	equal(t, "finish reason", string(a.Choices[0].FinishReason), "length")
	equal(t, "tokens", a.Usage.CompletionTokens, 4)
	equal(t, "logprobs", len(a.Choices[0].Logprobs.TokenLogprobs), 4)
	stream := c.Completions.NewStreaming(t.Context(), p)
	defer func() { _ = stream.Close() }()
	var text strings.Builder
	for stream.Next() {
		text.WriteString(stream.Current().Choices[0].Text)
	}
	ok(t, stream.Err())
	equal(t, "streamed text", text.String(), "once upon a time")
}

func (g *gateway) vllmEmbeddings(t *testing.T) {
	c := g.openAI()
	a, err := c.Embeddings.New(t.Context(), openai.EmbeddingNewParams{
		Model: "embed", Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"one", "two"}},
	})
	ok(t, err)
	equal(t, "vectors", len(a.Data), 2)
	for i, d := range a.Data {
		equal(t, "index", d.Index, int64(i))
		equal(t, "dimensions", len(d.Embedding), 384)
	}
}

// vllmMetrics: what the simulator measures of itself is what the endpoint exports, in milliseconds.
func (g *gateway) vllmMetrics(t *testing.T) {
	_, text := g.send(t, http.MethodGet, "/api/2.0/serving-endpoints/chat/metrics", "")
	for family, atLeast := range map[string]float64{"time_to_first_token_ms": 20, "time_per_output_token_ms": 5} {
		value := map[string]float64{}
		for _, suffix := range []string{"_sum", "_count"} {
			m := regexp.MustCompile(`(?m)^` + family + suffix + `\{[^}]*served_model_name="e"[^}]*\} ([0-9.e+]+)`).FindStringSubmatch(text)
			if m == nil {
				t.Fatalf("no %s%s in\n%s", family, suffix, text)
			}
			var v float64
			_, err := fmt.Sscan(m[1], &v)
			ok(t, err)
			value[suffix] = v
		}
		if mean := value["_sum"] / value["_count"]; value["_count"] < 2 || mean < 0.7*atLeast || mean > 100*atLeast {
			t.Errorf("%s: %v", family, value)
		}
	}
}

// vllmFailures: what the engine refuses keeps its status and its words.
func (g *gateway) vllmFailures(t *testing.T, s simulator) {
	c := g.openAI()
	defer s.fail(t, "")
	for failure, want := range map[string]struct {
		status int
		words  string
	}{
		"rate_limit":      {http.StatusTooManyRequests, "Rate limit reached for peer"},
		"server_error":    {http.StatusServiceUnavailable, "overloaded or not ready"},
		"invalid_api_key": {http.StatusForbidden, "Incorrect API key"}, // 401 would make clients doubt their own token
		"context_length":  {http.StatusBadRequest, "maximum context length"},
		"invalid_request": {http.StatusBadRequest, "missing required parameter"},
		"model_not_found": {http.StatusNotFound, "does not exist"},
	} {
		s.fail(t, failure)
		_, err := c.Chat.Completions.New(t.Context(), chat("chat", "one"))
		stream := c.Chat.Completions.NewStreaming(t.Context(), chat("chat", "one"))
		if stream.Next() {
			t.Errorf("%s: the stream begins", failure)
		}
		for _, err := range []error{err, stream.Err()} {
			var refused *openai.Error
			if !errors.As(err, &refused) || refused.StatusCode != want.status || !strings.Contains(refused.Message, want.words) {
				t.Errorf("%s: %v, want %d %s", failure, err, want.status, want.words)
			}
		}
	}
}

// recovers: an engine that has gone takes its entities with it. What it said last counts for a second.
func (g *gateway) recovers(t *testing.T) {
	t.Helper()
	c := g.openAI()
	_, err := c.Chat.Completions.New(t.Context(), chat("chat", "one"))
	var refused *openai.Error
	if !errors.As(err, &refused) || refused.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("without its engine: %v", err)
	}
	g.now.advance(time.Minute)
	ready, deployment, message := g.state(t, "chat")
	equal(t, "state without its engine", ready+" "+deployment, "NOT_READY DEPLOYMENT_RECOVERING")
	if !strings.Contains(message, "the engine is not healthy") {
		t.Errorf("message: %q", message)
	}
}
