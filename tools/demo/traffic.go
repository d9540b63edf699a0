package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/tools/harness"
)

// chatter talks to endpoints as their users do.
type chatter struct{ *harness.Server }

// burst sends n chats, several at once, and counts the answers by served entity.
func (c chatter) burst(ctx context.Context, endpoint string, n, atOnce int) (map[string]int, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		mu    sync.Mutex
		seen  = map[string]int{}
		wg    sync.WaitGroup
		tasks = make(chan int)
	)
	for range atOnce {
		wg.Go(func() {
			for i := range tasks {
				entity, err := c.ask(ctx, endpoint, fmt.Sprintf("Question %d: which version are you?", i))
				if err != nil {
					cancel(err)
					return
				}
				mu.Lock()
				seen[entity]++
				mu.Unlock()
			}
		})
	}
feed:
	for i := range n {
		select {
		case tasks <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(tasks)
	wg.Wait()
	return seen, context.Cause(ctx)
}

// ask sends one chat and returns the name of the entity that answered.
func (c chatter) ask(ctx context.Context, endpoint, question string) (string, error) {
	res, err := c.chat(ctx, endpoint, question, 8, false)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	var answer api.Completion
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return "", fmt.Errorf("decode the answer: %w", err)
	}
	if len(answer.Choices) != 1 || answer.Choices[0].Message == nil {
		return "", fmt.Errorf("an answer without a message: %+v", answer)
	}
	return res.Header.Get(api.ServedModelHeader), nil
}

// stream sends one chat and writes the answer as it arrives. It returns the entity and the number of frames.
func (c chatter) stream(ctx context.Context, endpoint, question string, out io.Writer) (string, int, error) {
	res, err := c.chat(ctx, endpoint, question, 48, true)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = res.Body.Close() }()
	frames := 0
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		switch {
		case !ok:
			continue
		case data == "[DONE]":
			return res.Header.Get(api.ServedModelHeader), frames, nil
		}
		var frame api.Completion
		if err := json.Unmarshal([]byte(data), &frame); err != nil {
			return "", frames, fmt.Errorf("decode a frame: %w", err)
		}
		frames++
		for _, choice := range frame.Choices {
			if choice.Delta != nil {
				if _, err := io.WriteString(out, choice.Delta.Content); err != nil {
					return "", frames, err
				}
			}
		}
	}
	if err := lines.Err(); err != nil {
		return "", frames, err
	}
	return "", frames, fmt.Errorf("the stream ended after %d frames without [DONE]", frames)
}

// chat posts one user message. A 429 is repeated after the time that it names, because provisioned throughput is
// a limit that a burst meets. The caller closes the body.
func (c chatter) chat(ctx context.Context, endpoint, question string, maxTokens int, stream bool) (*http.Response, error) {
	greedy := 0.0
	body, err := json.Marshal(api.Invocation{
		Messages:   []api.ChatMessage{{Role: "user", Content: question}},
		Generation: api.Generation{MaxTokens: &maxTokens, Temperature: &greedy},
		Stream:     stream,
	})
	if err != nil {
		return nil, err
	}
	for {
		res, err := c.post(ctx, api.InvocationsPath(endpoint), body)
		if err != nil || res.StatusCode == http.StatusOK {
			return res, err
		}
		detail, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		wait, err := strconv.Atoi(res.Header.Get("Retry-After"))
		if res.StatusCode != http.StatusTooManyRequests || err != nil {
			return nil, fmt.Errorf("invoke %s: %s: %s", endpoint, res.Status, detail)
		}
		select {
		case <-time.After(time.Duration(wait) * time.Second):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (c chatter) post(ctx context.Context, path string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	req.Header.Set("Content-Type", "application/json")
	return http.DefaultClient.Do(req)
}
