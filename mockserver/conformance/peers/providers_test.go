package peers

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
)

// external is a model of a provider as AIMock answers for it.
type external struct {
	name     string
	model    string
	provider string
	block    string            // the provider's configuration
	writes   bool              // AIMock answers completions, which are chats of one turn there
	embeds   bool              // AIMock has embeddings in the form that the provider's models are asked in
	path     string            // what AIMock is asked for a chat
	headers  map[string]string // what it must be told besides the key
	signed   bool              // the key is not sent
	base     string            // what the provider's base URL ends with
}

func externals() []external {
	openAI := map[string]string{"content-type": "application/json"}
	return []external{
		{
			name: "openai", model: "gpt-4", provider: "openai", base: "/v1", embeds: true, path: "/v1/chat/completions", headers: openAI,
			block: `"openai_config":{"openai_api_key":"{{secrets/s/key}}"}`,
		},
		{
			name: "azure", model: "gpt-4", provider: "openai", embeds: true,
			path: "/openai/deployments/four/chat/completions?api-version=2024-06-01", headers: openAI,
			block: `"openai_config":{"openai_api_type":"azure","openai_api_key":"{{secrets/s/key}}","openai_api_base":"https://four.openai.azure.com/","openai_api_version":"2024-06-01","openai_deployment_name":"four"}`,
		},
		{
			name: "anthropic", model: "claude-3-opus-20240229", provider: "anthropic", writes: true, path: "/v1/messages",
			headers: map[string]string{"anthropic-version": "2023-06-01"},
			block:   `"anthropic_config":{"anthropic_api_key":"{{secrets/s/key}}"}`,
		},
		{
			name: "cohere", model: "command-r", provider: "cohere", writes: true, embeds: true, path: "/v2/chat",
			block: `"cohere_config":{"cohere_api_key":"{{secrets/s/key}}"}`,
		},
		{
			name: "bedrock", model: "anthropic.claude-3-sonnet-20240229-v1:0", provider: "amazon-bedrock", writes: true, signed: true,
			path:  "/model/anthropic.claude-3-sonnet-20240229-v1%3A0/converse",
			block: `"amazon_bedrock_config":{"aws_region":"us-east-1","bedrock_provider":"anthropic","aws_access_key_id":"{{secrets/s/id}}","aws_secret_access_key":"{{secrets/s/key}}"}`,
		},
		{
			name: "vertex", model: "gemini-2.0-flash", provider: "google-cloud-vertex-ai", writes: true,
			path:  "/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.0-flash:generateContent",
			block: `"google_cloud_vertex_ai_config":{"project_id":"p","region":"us-central1","private_key":"{{secrets/s/account}}"}`,
		},
	}
}

// served is the entity of a task.
func (e external) served(task string) string {
	return fmt.Sprintf(`{"name":%q,"external_model":{"name":%q,"provider":%q,"task":%q,%s}}`, e.name, e.model, e.provider, task, e.block)
}

// TestAIMock asks every provider that AIMock plays, through the mock server, with OpenAI's client.
func TestAIMock(t *testing.T) {
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"`+key+`","token_type":"Bearer","expires_in":3600}`)
	}))
	defer tokens.Close()
	guarded, open := aimock(t, "AIMOCK_API_KEYS="+key), aimock(t)
	for _, e := range externals() {
		t.Run(e.name, func(t *testing.T) {
			m, auth := guarded, []string{key}
			if e.signed {
				m, auth = open, nil
			}
			g := front(t, m.engines(e.provider, e.base, tokens.URL))
			for name, value := range map[string]string{"id": "AKIDEXAMPLE", "key": key, "account": serviceAccount(t)} {
				g.PutSecret(token, "s", name, value)
			}
			g.create(t, "chat", e.served("llm/v1/chat"))
			g.chats(t)
			got := m.last(t, auth...)
			equal(t, "path", got.Path, e.path)
			for name, want := range e.headers {
				equal(t, name, got.Headers[name], want)
			}
			g.streams(t)
			g.failures(t, e)
			if e.writes {
				g.create(t, "write", e.served("llm/v1/completions"))
				g.writes(t)
			}
			if e.embeds {
				g.create(t, "embed", e.served("llm/v1/embeddings"))
				g.embeds(t)
			}
		})
	}
}

func (g *gateway) chats(t *testing.T) {
	t.Helper()
	c := g.openAI()
	for _, q := range []struct{ text, finish string }{
		{"Tell me a story.", "length"}, {"Which tool?", "tool_calls"}, {"What is the capital of France?", "stop"},
	} {
		p := chat("chat", q.text)
		p.MaxTokens, p.Temperature, p.TopP = openai.Int(64), openai.Float(1), openai.Float(0.9)
		p.Stop = openai.ChatCompletionNewParamsStopUnion{OfStringArray: []string{"END"}}
		a, err := c.Chat.Completions.New(t.Context(), p)
		ok(t, err)
		equal(t, "choices", len(a.Choices), 1)
		equal(t, "finish reason", a.Choices[0].FinishReason, q.finish)
		if q.finish == "stop" {
			equal(t, "text", a.Choices[0].Message.Content, "The capital of France is Paris, a city on the Seine.")
			equal(t, "prompt tokens", a.Usage.PromptTokens, int64(11))
			equal(t, "completion tokens", a.Usage.CompletionTokens, int64(7))
		}
	}
}

func (g *gateway) streams(t *testing.T) {
	t.Helper()
	a := g.stream(t, chat("chat", "What is the capital of France?"))
	equal(t, "streamed text", a.Choices[0].Message.Content, "The capital of France is Paris, a city on the Seine.")
	equal(t, "streamed finish reason", a.Choices[0].FinishReason, "stop")
	equal(t, "frames", a.frames, 3) // of 20 characters
	equal(t, "streamed usage", a.Usage.TotalTokens, int64(18))
}

// failures: the provider's status, words and Retry-After reach the client, before a stream as in a plain answer.
func (g *gateway) failures(t *testing.T, e external) {
	t.Helper()
	c := g.openAI()
	for question, want := range map[string]struct {
		status  int
		retry   string
		message string
	}{
		"You are limited.": {http.StatusTooManyRequests, "7", "Too many requests"},
		"You are broken.":  {http.StatusServiceUnavailable, "", "Overloaded"},
	} {
		_, err := c.Chat.Completions.New(t.Context(), chat("chat", question))
		s := c.Chat.Completions.NewStreaming(t.Context(), chat("chat", question))
		if s.Next() {
			t.Errorf("%s: the stream begins", question)
		}
		for _, err := range []error{err, s.Err()} {
			var refused *openai.Error
			if !errors.As(err, &refused) {
				t.Fatalf("%s: %v", question, err)
			}
			equal(t, question, refused.StatusCode, want.status)
			equal(t, "Retry-After", refused.Response.Header.Get("Retry-After"), want.retry)
			if !strings.Contains(refused.Message, want.message) || !strings.Contains(refused.Message, e.name) {
				t.Errorf("%s: the message is %q", question, refused.Message)
			}
		}
	}
	s := c.Chat.Completions.NewStreaming(t.Context(), chat("chat", "This is cut."))
	text := ""
	for s.Next() {
		for _, choice := range s.Current().Choices {
			text += choice.Delta.Content
			if choice.FinishReason != "" {
				t.Errorf("a stream that is cut ends with %q", choice.FinishReason)
			}
		}
	}
	if s.Err() == nil || text == "" {
		t.Errorf("a stream that is cut gives %q and %v", text, s.Err())
	}
}

func (g *gateway) writes(t *testing.T) {
	t.Helper()
	c := g.openAI()
	p := openai.CompletionNewParams{Model: "write", MaxTokens: openai.Int(64), Prompt: openai.CompletionNewParamsPromptUnion{OfString: openai.String("The capital")}}
	a, err := c.Completions.New(t.Context(), p)
	ok(t, err)
	equal(t, "completion", a.Choices[0].Text, "The capital of France is Paris, a city on the Seine.")
	equal(t, "completion's tokens", a.Usage.TotalTokens, 18)
	s := c.Completions.NewStreaming(t.Context(), p)
	defer func() { _ = s.Close() }()
	text := ""
	for s.Next() {
		text += s.Current().Choices[0].Text
	}
	ok(t, s.Err())
	equal(t, "streamed completion", text, a.Choices[0].Text)
}

// embeds asks for one vector at a time: AIMock answers several inputs with the vector of all of them.
func (g *gateway) embeds(t *testing.T) {
	t.Helper()
	c := g.openAI()
	for input, want := range map[string][]float64{"one": {0.5, -0.25, 1}, "two": {0.125, 2, -4}} {
		a, err := c.Embeddings.New(t.Context(), openai.EmbeddingNewParams{
			Model: "embed", Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{input}},
		})
		ok(t, err)
		if len(a.Data) != 1 || !slices.Equal(a.Data[0].Embedding, want) {
			t.Errorf("%s: %v, want %v", input, a.Data, want)
		}
	}
}

// serviceAccount is a Google key document with a key of its own.
func serviceAccount(t *testing.T) string {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	ok(t, err)
	b, err := json.Marshal(map[string]string{
		"client_email": "robot@p.iam.gserviceaccount.com",
		"private_key":  string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)})),
	})
	ok(t, err)
	return string(b)
}
