package peers

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// relay stands between the mock server and an engine. It hands a stream on frame by frame, each when it is told to,
// and tells when the mock server has hung up.
type relay struct {
	*httptest.Server
	next chan struct{} // lets one frame through
	gone chan struct{} // the mock server has hung up within a stream
}

func newRelay(t *testing.T, engine string) *relay {
	r := &relay{next: make(chan struct{}), gone: make(chan struct{}, 1)}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		out, err := http.NewRequestWithContext(req.Context(), req.Method, engine+req.URL.Path, req.Body)
		if err != nil {
			t.Error(err)
			return
		}
		out.Header = req.Header.Clone()
		resp, err := client.Do(out)
		if err != nil {
			return // the mock server has hung up
		}
		defer func() { _ = resp.Body.Close() }()
		w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
		w.WriteHeader(resp.StatusCode)
		r.frames(req.Context(), w, bufio.NewReader(resp.Body))
	}))
	t.Cleanup(r.Close)
	return r
}

// frames copies lines. After the empty one that ends a frame it waits.
func (r *relay) frames(ctx context.Context, w http.ResponseWriter, body *bufio.Reader) {
	for {
		line, err := body.ReadString('\n')
		if _, sent := fmt.Fprint(w, line); err != nil || sent != nil {
			return
		}
		if line != "\n" {
			continue
		}
		_ = http.NewResponseController(w).Flush() // a writer that cannot flush fails the test by its deadline
		select {
		case <-r.next:
		case <-ctx.Done():
			r.gone <- struct{}{}
			return
		}
	}
}

// TestVLLMFrames: a frame reaches the client before the engine's next one is there, and a client that hangs up ends
// the engine's request.
func TestVLLMFrames(t *testing.T) {
	r := newRelay(t, vllm(t).url)
	g := front(t, engineFile(r.URL))
	g.deploy(t, "chat", chats, "1")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c := g.openAI()
	go allow(ctx, r.next, 1) // the first frame holds no text, and the mock server waits for some before it answers
	s := c.Chat.Completions.NewStreaming(ctx, chat("chat", "one two three four five"))
	defer func() { _ = s.Close() }()
	var words []string
	for s.Next() {
		if text := s.Current().Choices[0].Delta.Content; text != "" {
			words = append(words, text)
		}
		if s.Current().Choices[0].FinishReason != "" {
			go allow(ctx, r.next, 3) // the usage, which this client has not asked for, and the end
			continue
		}
		go allow(ctx, r.next, 1)
	}
	ok(t, s.Err())
	equal(t, "words", strings.Join(words, "|"), "one |two |three |four |five")

	hangUp, leave := context.WithCancel(ctx)
	go allow(ctx, r.next, 1)
	s = c.Chat.Completions.NewStreaming(hangUp, chat("chat", "one two three four five"))
	defer func() { _ = s.Close() }()
	if !s.Next() {
		t.Fatal(s.Err())
	}
	leave()
	select {
	case <-r.gone:
	case <-ctx.Done():
		t.Error("the engine's request goes on without a client")
	}
}

// allow lets frames through.
func allow(ctx context.Context, next chan<- struct{}, frames int) {
	for range frames {
		select {
		case next <- struct{}{}:
		case <-ctx.Done():
		}
	}
}
