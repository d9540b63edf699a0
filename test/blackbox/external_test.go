package blackbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

// providers stands in for OpenAI and Anthropic, as the scenario's AIMock does: each says who it is, unless the
// question has it fail. It tells of keys that are not the provider's.
func providers(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Messages []api.ChatMessage `json:"messages"`
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || len(q.Messages) == 0 {
			t.Errorf("%s: %v", r.URL.Path, err)
			return
		}
		question := q.Messages[len(q.Messages)-1].Content
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/v1/chat/completions":
			if got := r.Header.Get("Authorization"); got != "Bearer sk-openai" {
				t.Errorf("OpenAI gets %q", got)
			}
			if strings.Contains(question, "busy") {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			_, _ = io.WriteString(w, `{"choices":[{"index":0,"message":{"role":"assistant","content":"GPT"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`)
		case "/v1/messages":
			if got := r.Header.Get("X-Api-Key"); got != "sk-anthropic" {
				t.Errorf("Anthropic gets %q", got)
			}
			if strings.Contains(question, "broken") {
				w.WriteHeader(529)
				return
			}
			_, _ = io.WriteString(w, `{"type":"message","role":"assistant","content":[{"type":"text","text":"Claude"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`)
		default:
			t.Errorf("nobody should ask for %s", r.URL.Path)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// The scenario external-split against stand-ins on this machine: its own test, run as its head says, and the headers
// that its answers carry.
func TestExternalSplit(t *testing.T) {
	t.Parallel()
	const scenario = examples + "/scenarios/external-split"
	file := filepath.Join(t.TempDir(), "engines.yaml")
	text := strings.ReplaceAll(read(t, scenario+"/tests/stand-ins/engines.yaml"), "http://127.0.0.1:4010", providers(t).URL)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--external", "--engines", file, "--secret", "my_openai_secret_scope/openai_api_key=env:OPENAI", "--secret", "my_anthropic_secret_scope/anthropic_api_key=env:ANTHROPIC"}
	w := newWorld(t, externalOptions(t, file), scenario)
	w.env = append(w.env, "OPENAI=sk-openai", "ANTHROPIC=sk-anthropic")

	w.server.PutSecret(w.token, "my_openai_secret_scope", "openai_api_key", "sk-openai")
	w.server.PutSecret(w.token, "my_anthropic_secret_scope", "anthropic_api_key", "sk-anthropic")
	w.apply()
	w.wantEmptyPlan()
	for _, c := range []struct {
		question, reason string
		claude           [2]int // at least and at most, of 40
	}{
		{"Who are you?", "", [2]int{10, 30}},
		{"Is OpenAI busy?", `"gpt-4";status=429;code="REQUEST_LIMIT_EXCEEDED"`, [2]int{40, 40}},
		{"Is Anthropic broken?", `"claude-3-opus";status=503;code="TEMPORARILY_UNAVAILABLE"`, [2]int{0, 0}},
	} {
		claude, fell := 0, 0
		for range 40 {
			by, reason := w.ask("mix-chat-endpoint", c.question)
			if by == "claude-3-opus" {
				claude++
			}
			if reason != "" {
				fell++
			}
			if reason != "" && reason != c.reason {
				t.Errorf("%s: fell back from %s, want %s", c.question, reason, c.reason)
			}
		}
		if claude < c.claude[0] || claude > c.claude[1] {
			t.Errorf("%s: Anthropic answered %d of 40", c.question, claude)
		}
		if (c.reason == "") != (fell == 0) || fell == 40 {
			t.Errorf("%s: %d of 40 fell back", c.question, fell)
		}
	}
	w.must("destroy", "-auto-approve", "-input=false", "-no-color")

	w.env = append(w.env, "TF_CLI_CONFIG_FILE="+built.mirror)
	w.must("init", "-input=false", "-no-color", "-test-directory=tests/stand-ins")
	args := append(append([]string{"exec"}, flags...), "--", built.cli, "test", "-no-color", "-test-directory=tests/stand-ins")
	cmd := exec.CommandContext(t.Context(), built.mockserver, args...)
	cmd.Dir = w.dir
	cmd.Env = append(environment(), w.env...)
	if r := output(t, cmd); r.code != 0 || !strings.Contains(r.stdout, "4 passed, 0 failed") {
		t.Errorf("mockserver exec -- %s test: %s", filepath.Base(built.cli), r)
	}
}

// ask invokes an endpoint once and returns who answered, and why others did not.
func (w *world) ask(endpoint, question string) (by, reason string) {
	w.t.Helper()
	header, _ := w.chat(endpoint, question)
	return header.Get(api.ServedModelHeader), header.Get(api.FallbackHeader)
}

// says invokes an endpoint once and returns the text of the answer.
func (w *world) says(endpoint, question string) string {
	w.t.Helper()
	_, answer := w.chat(endpoint, question)
	return answer.Choices[0].Message.Content
}

func (w *world) chat(endpoint, question string) (header http.Header, answer api.Completion) {
	w.t.Helper()
	body := fmt.Sprintf(`{"messages":[{"role":"user","content":%q}],"max_tokens":16}`, question)
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url+api.InvocationsPath(endpoint), strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	if err != nil || resp.StatusCode != http.StatusOK || len(answer.Choices) == 0 {
		w.t.Fatalf("%s: %s %s %v", question, resp.Status, text, err)
	}
	return resp.Header, answer
}

// externalOptions are those of a server whose external models ask whom the file names.
func externalOptions(t *testing.T, file string) mockserver.Options {
	t.Helper()
	config, err := upstream.ReadConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	set, err := config.Open(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return mockserver.Options{External: true, Engines: set}
}
