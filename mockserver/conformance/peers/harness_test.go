package peers

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"go.uber.org/goleak"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

// TestMain takes away what would make the clients call anybody else, and looks for what they leave behind.
func TestMain(m *testing.M) {
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if slices.ContainsFunc([]string{"OPENAI_", "ANTHROPIC_", "AIMOCK_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"}, func(p string) bool {
			return strings.HasPrefix(name, p)
		}) {
			_ = os.Unsetenv(name) // a name that came from the environment
		}
	}
	goleak.VerifyTestMain(m)
}

const token = "peers"

// gateway is the mock server in front of a peer.
type gateway struct {
	*mockserver.Server
	url  string
	http *http.Client
	now  *clock
}

// clock is the wall clock, and later.
type clock struct{ ahead atomic.Int64 }

func (c *clock) time() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(by time.Duration) { c.ahead.Add(int64(by)) }

// front serves with an engines file until the test ends. External models ask whom the file names.
func front(t *testing.T, engines string) *gateway {
	t.Helper()
	config, err := upstream.ParseConfig("engines.yaml", []byte(engines))
	ok(t, err)
	now := &clock{}
	set, err := config.Open(now.time)
	ok(t, err)
	g := &gateway{
		Server: mockserver.New(mockserver.Options{Engines: set, External: true, Clock: now.time}),
		http:   &http.Client{Transport: &http.Transport{}},
		now:    now,
	}
	url, err := g.Listen("127.0.0.1:0")
	ok(t, err)
	g.url = url
	t.Cleanup(func() {
		g.http.CloseIdleConnections()
		ok(t, g.Close())
	})
	return g
}

// create makes an endpoint of one served entity, given as JSON.
func (g *gateway) create(t *testing.T, name, entity string) {
	t.Helper()
	body := fmt.Sprintf(`{"name":%q,"config":{"served_entities":[%s]}}`, name, entity)
	if status, answer := g.send(t, http.MethodPost, "/api/2.0/serving-endpoints", body); status != http.StatusOK {
		t.Fatalf("create %s: %d %s", name, status, answer)
	}
}

// send asks the serving API and returns the whole answer.
func (g *gateway) send(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, g.url+path, bytes.NewBufferString(body))
	ok(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := g.http.Do(req)
	ok(t, err)
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	ok(t, err)
	return resp.StatusCode, string(answer)
}

// openAI is OpenAI's own client of the mock server. It tries once.
func (g *gateway) openAI() openai.Client {
	return openai.NewClient(
		option.WithBaseURL(g.url+"/serving-endpoints"), option.WithAPIKey(token),
		option.WithHTTPClient(g.http), option.WithMaxRetries(0),
	)
}

// chat is a question of one turn after a system's message.
func chat(endpoint, question string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{Model: endpoint, Messages: []openai.ChatCompletionMessageParamUnion{
		openai.SystemMessage("You are brief."), openai.UserMessage(question),
	}}
}

// streamed is what a stream adds up to.
type streamed struct {
	openai.ChatCompletionAccumulator
	frames int // that hold text
}

// stream reads a chat to its end, with the usage.
func (g *gateway) stream(t *testing.T, p openai.ChatCompletionNewParams) streamed {
	t.Helper()
	p.StreamOptions.IncludeUsage = openai.Bool(true)
	c := g.openAI()
	s := c.Chat.Completions.NewStreaming(t.Context(), p)
	defer func() { _ = s.Close() }()
	var all streamed
	for s.Next() {
		chunk := s.Current()
		if !all.AddChunk(chunk) {
			t.Fatalf("the accumulator refuses %s", chunk.RawJSON())
		}
		if len(chunk.Choices) > 0 && chunk.Choices[0].Delta.Content != "" {
			all.frames++
		}
	}
	ok(t, s.Err())
	if len(all.Choices) == 0 {
		t.Fatal("the stream holds no choice")
	}
	return all
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
