package peers

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3/option"
)

// TestStandInsOfTheScenario: the files with which the scenario external-split is tried on one machine do what the
// scenario says. Its configuration is applied elsewhere; here the endpoint is made as it makes it.
func TestStandInsOfTheScenario(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "examples", "scenarios", "external-split", "tests", "stand-ins")
	m := aimockOf(t, filepath.Join(dir, "providers.json"))
	file, err := os.ReadFile(filepath.Join(dir, "engines.yaml"))
	ok(t, err)
	g := front(t, strings.ReplaceAll(string(file), "http://127.0.0.1:4010", m.url))
	g.PutSecret(token, "s", "key", key)
	status, answer := g.send(t, http.MethodPost, "/api/2.0/serving-endpoints", `{"name":"mix","ai_gateway":{"fallback_config":{"enabled":true}},"config":{"served_entities":[
		{"name":"gpt-4","external_model":{"name":"gpt-4","provider":"openai","task":"llm/v1/chat","openai_config":{"openai_api_key":"{{secrets/s/key}}"}}},
		{"name":"claude-3-opus","external_model":{"name":"claude-3-opus-20240229","provider":"anthropic","task":"llm/v1/chat","anthropic_config":{"anthropic_api_key":"{{secrets/s/key}}"}}}],
		"traffic_config":{"routes":[{"served_model_name":"gpt-4","traffic_percentage":50},{"served_model_name":"claude-3-opus","traffic_percentage":50}]}}}`)
	equal(t, answer, status, http.StatusOK)
	c := g.openAI()
	for _, q := range []struct{ text, answers, reasons string }{
		{"Who are you?", "Claude GPT", ""},
		{"Is OpenAI busy?", "Claude", `"gpt-4";status=429;code="REQUEST_LIMIT_EXCEEDED"`},
		{"Is Anthropic broken?", "GPT", `"claude-3-opus";status=503;code="TEMPORARILY_UNAVAILABLE"`}, // and its circuit opens
	} {
		texts, reasons := map[string]bool{}, map[string]bool{}
		for range 24 {
			var resp *http.Response
			a, err := c.Chat.Completions.New(t.Context(), chat("mix", q.text), option.WithResponseInto(&resp))
			ok(t, err)
			texts[a.Choices[0].Message.Content] = true
			if reason := resp.Header.Get("Served-Model-Fallback"); reason != "" {
				reasons[reason] = true
			}
		}
		equal(t, q.text, join(texts), q.answers)
		equal(t, q.text, join(reasons), q.reasons)
	}
}

func join(set map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(set)), " ") }
