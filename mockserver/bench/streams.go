package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// streamTokens is the length of each stream; a frame carries a token.
const streamTokens = 200

// measureStreams opens many streams at once. None is read beyond its first frame before all have one, so that
// they are open together; then every one must bring every frame and its end.
func measureStreams(ctx context.Context, s settings, r *report) error {
	p, err := startServer(ctx, s)
	if err != nil {
		return err
	}
	defer func() { _ = p.stop() }()
	if err := prepare(ctx, p); err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 0, DisableCompression: true}}
	defer client.CloseIdleConnections()
	var first, all sync.WaitGroup
	first.Add(s.streams)
	errs := make([]error, s.streams)
	began := time.Now()
	for i := range s.streams {
		all.Go(func() { errs[i] = readStream(ctx, client, p, i, &first) })
	}
	all.Wait()
	took := time.Since(began)
	whole := 0
	for _, err := range errs {
		if err == nil {
			whole++
		}
	}
	r.atLeast("whole-streams", float64(whole), float64(s.streams), "")
	r.figure("streams", "%d frames in %.2fs: %.0f frames/s", s.streams*streamTokens, took.Seconds(), float64(s.streams*streamTokens)/took.Seconds())
	if err := errors.Join(errs...); err != nil {
		r.figure("streams-error", "%.300q", err.Error())
	}
	return nil
}

// readStream reads one stream and counts the frames with text in them.
func readStream(ctx context.Context, client *http.Client, p *process, number int, first *sync.WaitGroup) (err error) {
	waiting := true
	arrive := func() {
		if waiting {
			waiting = false
			first.Done()
		}
	}
	defer arrive()
	body := fmt.Sprintf(`{"messages":[{"role":"user","content":"stream %d"}],"max_tokens":%d,"stream":true}`, number, streamTokens)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+"/serving-endpoints/bench-fixed/invocations", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+p.Token)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	frames := 0
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		data, found := strings.CutPrefix(lines.Text(), "data: ")
		if !found {
			continue
		}
		if data == "[DONE]" {
			if frames != streamTokens {
				return fmt.Errorf("stream %d: %d frames of %d", number, frames, streamTokens)
			}
			return nil
		}
		var frame struct {
			Choices []struct {
				Delta struct {
					Content string `json:"content"`
				} `json:"delta"`
			} `json:"choices"`
		}
		if err := json.Unmarshal([]byte(data), &frame); err != nil {
			return fmt.Errorf("stream %d: %w", number, err)
		}
		if len(frame.Choices) == 1 && frame.Choices[0].Delta.Content != "" {
			frames++
		}
		if waiting {
			arrive()
			first.Wait()
		}
	}
	return fmt.Errorf("stream %d ends after %d frames: %w", number, frames, errors.Join(errors.New("no [DONE]"), lines.Err()))
}
