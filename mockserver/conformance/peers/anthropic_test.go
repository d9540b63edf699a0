package peers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	"golang.org/x/tools/txtar"
)

// wiretap writes down what passes on to a provider.
type wiretap struct {
	*httptest.Server
	bodies  chan []byte
	headers chan http.Header
}

func newWiretap(t *testing.T, provider string) wiretap {
	to, err := url.Parse(provider)
	ok(t, err)
	w := wiretap{bodies: make(chan []byte, 1), headers: make(chan http.Header, 1)}
	transport := &http.Transport{}
	proxy := &httputil.ReverseProxy{Transport: transport, FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.bodies <- body
		w.headers <- r.Header.Clone()
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(func() {
		w.Close()
		transport.CloseIdleConnections()
	})
	return w
}

// claude is Anthropic's own client of a provider. It tries once.
func claude(t *testing.T, provider string) anthropic.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return anthropic.NewClient(
		option.WithBaseURL(provider), option.WithAPIKey(key), option.WithMaxRetries(0), option.WithHTTPClient(&http.Client{Transport: transport}),
	)
}

// answered is what either client makes of an answer.
type answered struct {
	text, finish       string
	prompt, completion int64
}

// finishes are Anthropic's stop reasons in the words of the serving API.
var finishes = map[anthropic.StopReason]string{"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length"}

func ofMessage(m *anthropic.Message) answered {
	a := answered{"", finishes[m.StopReason], m.Usage.InputTokens, m.Usage.OutputTokens}
	for _, block := range m.Content {
		a.text += block.Text
	}
	return a
}

func ofCompletion(c openai.ChatCompletion) answered {
	return answered{c.Choices[0].Message.Content, c.Choices[0].FinishReason, c.Usage.PromptTokens, c.Usage.CompletionTokens}
}

// TestAnthropicsClient asks AIMock with Anthropic's client and through the mock server: both send the same, and both
// understand the same.
func TestAnthropicsClient(t *testing.T) {
	tap := newWiretap(t, aimock(t, "AIMOCK_API_KEYS="+key).url)
	g := front(t, mock{tap.URL}.engines("anthropic", "", ""))
	g.PutSecret(token, "s", "key", key)
	g.create(t, "chat", `{"name":"e","external_model":{"name":"claude-3-opus-20240229","provider":"anthropic","task":"llm/v1/chat","anthropic_config":{"anthropic_api_key":"{{secrets/s/key}}"}}}`)
	theirs, ours := claude(t, tap.URL), g.openAI()
	text := anthropic.NewTextBlock
	p := anthropic.MessageNewParams{
		Model: "claude-3-opus-20240229", MaxTokens: 64, System: []anthropic.TextBlockParam{{Text: "You are brief."}},
		Messages: []anthropic.MessageParam{
			anthropic.NewUserMessage(text("Hello")), anthropic.NewAssistantMessage(text("Hello!")),
			anthropic.NewUserMessage(text("What is the capital of France?")),
		},
		Temperature: anthropic.Float(0.25), TopP: anthropic.Float(0.9), StopSequences: []string{"END"},
	}
	q := openai.ChatCompletionNewParams{
		Model: "chat", MaxTokens: openai.Int(64), Temperature: openai.Float(0.5), TopP: openai.Float(0.9),
		Messages: []openai.ChatCompletionMessageParamUnion{
			openai.SystemMessage("You are brief."), openai.UserMessage("Hello"), openai.AssistantMessage("Hello!"),
			openai.UserMessage("What is the capital of France?"),
		},
		Stop: openai.ChatCompletionNewParamsStopUnion{OfString: openai.String("END")},
	}
	message, err := theirs.Messages.New(t.Context(), p)
	ok(t, err)
	want, headers := <-tap.bodies, <-tap.headers
	completion, err := ours.Chat.Completions.New(t.Context(), q)
	ok(t, err)
	sameBody(t, <-tap.bodies, want)
	sameHeaders(t, <-tap.headers, headers)
	equal(t, "answer", ofCompletion(*completion), ofMessage(message))

	stream := theirs.Messages.NewStreaming(t.Context(), p)
	defer func() { _ = stream.Close() }()
	var sum anthropic.Message
	for stream.Next() {
		ok(t, sum.Accumulate(stream.Current()))
	}
	ok(t, stream.Err())
	want, headers = <-tap.bodies, <-tap.headers
	all := g.stream(t, q)
	sameBody(t, <-tap.bodies, want)
	sameHeaders(t, <-tap.headers, headers)
	equal(t, "streamed answer", ofCompletion(all.ChatCompletion), ofMessage(&sum))

	p.Messages, q.Messages = p.Messages[:0], q.Messages[:1]
	p.Messages = append(p.Messages, anthropic.NewUserMessage(text("You are limited.")))
	q.Messages = append(q.Messages, openai.UserMessage("You are limited."))
	_, err = theirs.Messages.New(t.Context(), p)
	var refused *anthropic.Error
	if !errors.As(err, &refused) {
		t.Fatalf("their error: %v", err)
	}
	sent := <-tap.bodies
	<-tap.headers
	_, err = ours.Chat.Completions.New(t.Context(), q)
	sameBody(t, <-tap.bodies, sent)
	<-tap.headers
	var limited *openai.Error
	if !errors.As(err, &limited) || limited.StatusCode != refused.StatusCode || limited.Response.Header.Get("Retry-After") != refused.Response.Header.Get("Retry-After") {
		t.Errorf("our error is %v, theirs %v", err, refused)
	}
}

// sameBody compares requests. A text may stand there as such or as the one block of a list.
func sameBody(t *testing.T, got, want []byte) {
	t.Helper()
	var bodies [2]map[string]any
	for i, b := range [][]byte{got, want} {
		ok(t, json.Unmarshal(b, &bodies[i]))
		bodies[i]["system"] = blocks(bodies[i]["system"])
		for _, m := range bodies[i]["messages"].([]any) {
			turn := m.(map[string]any)
			turn["content"] = blocks(turn["content"])
		}
	}
	if !reflect.DeepEqual(bodies[0], bodies[1]) {
		t.Errorf("the mock server sends\n%s\nAnthropic's client\n%s", got, want)
	}
}

func blocks(content any) any {
	if text, short := content.(string); short {
		return []any{map[string]any{"type": "text", "text": text}}
	}
	return content
}

// sameHeaders compares what the API reads.
func sameHeaders(t *testing.T, got, want http.Header) {
	t.Helper()
	for _, name := range []string{"X-Api-Key", "Anthropic-Version", "Content-Type"} {
		equal(t, name, got.Get(name), want.Get(name))
	}
}

// TestAnthropicsClientReadsOurFakes: the answers that the golden files of the Anthropic format play are answers to
// Anthropic's client too, and say the same.
func TestAnthropicsClientReadsOurFakes(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "upstream", "testdata", "providers", "anthropic-*.txtar"))
	ok(t, err)
	if len(files) < 4 {
		t.Fatalf("only %d golden files", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			ok(t, err)
			section := map[string]string{}
			for _, f := range a.Files {
				section[f.Name] = string(f.Data)
			}
			head, body, _ := strings.Cut(section["reply"], "\n")
			status, kind, _ := strings.Cut(head, " ")
			code := 0
			_, err = fmt.Sscan(status, &code)
			ok(t, err)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", kind)
				w.WriteHeader(code)
				_, _ = io.WriteString(w, body)
			}))
			defer server.Close()
			var sum answered
			sum, err = read(t, claude(t, server.URL), kind == "text/event-stream")
			if strings.HasPrefix(section["result"], "error ") {
				if err == nil {
					t.Errorf("Anthropic's client sees no error, but %+v", sum)
				}
				return
			}
			ok(t, err)
			equal(t, "answer", sum, result(t, section["result"]))
		})
	}
}

// read asks anything and returns the whole answer.
func read(t *testing.T, c anthropic.Client, stream bool) (answered, error) {
	t.Helper()
	p := anthropic.MessageNewParams{Model: "m", MaxTokens: 1, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("?"))}}
	if !stream {
		m, err := c.Messages.New(t.Context(), p)
		if err != nil {
			return answered{}, err
		}
		return ofMessage(m), nil
	}
	s := c.Messages.NewStreaming(t.Context(), p)
	defer func() { _ = s.Close() }()
	var sum anthropic.Message
	for s.Next() {
		ok(t, sum.Accumulate(s.Current()))
	}
	return ofMessage(&sum), s.Err()
}

// result reads what a golden file says that the mock server makes of the answer: lines of a choice, its text and
// its end, then the usage.
func result(t *testing.T, lines string) answered {
	t.Helper()
	var sum answered
	for line := range strings.Lines(strings.TrimSpace(lines)) {
		var choice, total int64
		var text string
		if strings.HasPrefix(line, "usage ") {
			_, err := fmt.Sscanf(line, "usage %d + %d = %d", &sum.prompt, &sum.completion, &total)
			ok(t, err)
			continue
		}
		_, err := fmt.Sscanf(line, "%d %q", &choice, &text)
		ok(t, err)
		sum.text += text
		sum.finish = strings.TrimSpace(line[strings.LastIndexByte(line, '"')+1:])
	}
	return sum
}
