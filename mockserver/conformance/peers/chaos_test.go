package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/openai/openai-go/v3"
)

// chaos has AIMock fail every request in one way.
func (m mock) chaos(t *testing.T, how string) {
	t.Helper()
	resp, err := http.Post(m.url+"/__aimock/chaos", "application/json", strings.NewReader(how))
	ok(t, err)
	defer http.DefaultClient.CloseIdleConnections()
	defer func() { _ = resp.Body.Close() }()
	if answer, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s %v", how, resp.StatusCode, answer, err)
	}
}

// TestAIMockChaos: whatever a provider does instead of answering, in whichever format, the client gets an error of
// the serving API, in time, for plain answers and for streams.
func TestAIMockChaos(t *testing.T) {
	m := aimock(t)
	for _, e := range externals() {
		if e.provider == "google-cloud-vertex-ai" {
			continue // its failures differ from Bedrock's in nothing, and it would need tokens
		}
		t.Run(e.name, func(t *testing.T) {
			g := front(t, m.engines(e.provider, e.base, "")+"  timeouts: {request: 500ms}\n  breaker: {failures: -1}\n")
			g.PutSecret(token, "s", "id", "AKIDEXAMPLE")
			g.PutSecret(token, "s", "key", key)
			g.create(t, "chat", e.served("llm/v1/chat"))
			for how, want := range map[string]struct {
				status int
				words  string
			}{
				`{"dropRate":1}`:       {http.StatusBadGateway, "unavailable: 500"},
				`{"malformedRate":1}`:  {http.StatusBadGateway, "malformed answer|answer cut short"}, // a stream without a frame
				`{"rateLimitRate":1}`:  {http.StatusTooManyRequests, "rate limited"},
				`{"disconnectRate":1}`: {http.StatusBadGateway, "connection lost"},
				`{"latencyMs":30000}`:  {http.StatusGatewayTimeout, "no answer in time"},
			} {
				m.chaos(t, how)
				g.fails(t, how, want.status, want.words)
			}
			m.chaos(t, `{}`)
			g.chats(t)
		})
	}
}

// fails asks twice, plain and for a stream, and wants the same refusal soon.
func (g *gateway) fails(t *testing.T, how string, status int, words string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c := g.openAI()
	_, plain := c.Chat.Completions.New(ctx, chat("chat", "What is the capital of France?"))
	s := c.Chat.Completions.NewStreaming(ctx, chat("chat", "What is the capital of France?"))
	if s.Next() {
		t.Errorf("%s: the stream begins", how)
	}
	for name, err := range map[string]error{"plain": plain, "streamed": s.Err()} {
		var refused *openai.Error
		if !errors.As(err, &refused) {
			t.Errorf("%s, %s: %v", how, name, err)
			continue
		}
		if got := fmt.Sprint(refused.StatusCode, " ", refused.Message); refused.StatusCode != status || !regexp.MustCompile(words).MatchString(got) {
			t.Errorf("%s, %s: %s, want %d %s", how, name, got, status, words)
		}
	}
}
