package llmapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
)

// The mock server's own TorchServe backend is the client of this surface: over HTTP and gRPC, whole and streamed.
func TestOurBackendIsAnswered(t *testing.T) {
	a := listen(t, "grpc_inference_address=127.0.0.1\n", "MODEL_NAME=m", "END_OF_STREAM_TOKEN=</end>", "MAX_NEW_TOKENS=50")
	answers := map[string]bool{}
	for _, base := range []string{a.Inference, "grpc://" + a.GRPC} {
		for _, management := range []string{"", a.Management} {
			b := torchServe(t, base, management, "m")
			if err := b.Ready(t.Context(), nil); err != nil {
				t.Errorf("%s: %v", base, err)
			}
			for _, streaming := range []bool{true, false} {
				text, pieces, err := generate(t, b, upstream.Request{Prompt: "Hello", MaxTokens: 20, Stream: streaming})
				if err != nil || len(text) < 20 || streaming && pieces < 5 && base != a.Inference { // HTTP may join chunks
					t.Errorf("%s, streaming %v: %q in %d pieces, %v", base, streaming, text, pieces, err)
				}
				answers[text] = true
			}
			_, _, err := generate(t, b, upstream.Request{Prompt: "Hello", MaxTokens: 51})
			var e *upstream.Error
			if !errors.As(err, &e) || e.HTTPStatus() != http.StatusBadRequest || !strings.Contains(e.Message, "max_new_tokens must be a whole number from 1 to 50") {
				t.Errorf("%s: %v", base, err)
			}
			_, _, err = generate(t, torchServe(t, base, management, "other"), upstream.Request{Prompt: "Hello"})
			if !errors.As(err, &e) || e.HTTPStatus() != http.StatusNotFound || !strings.Contains(e.Message, "Model not found: other") {
				t.Errorf("%s: %v", base, err)
			}
		}
	}
	if len(answers) != 1 {
		t.Errorf("answers differ: %v", answers)
	}
	ready := torchServe(t, a.Inference, a.Management, "m")
	if code, body := do(t, "PUT", a.Management+"/models/m?min_worker=0&synchronous=true", "", ""); code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	if err := ready.Ready(t.Context(), nil); !errors.Is(err, upstream.ErrNotReady) {
		t.Errorf("without workers: %v", err)
	}
	if _, _, err := generate(t, ready, upstream.Request{Prompt: "Hello"}); !errors.Is(err, upstream.ErrUnavailable) {
		t.Errorf("without workers: %v", err)
	}
}

func torchServe(t *testing.T, base, management, model string) *upstream.TorchServe {
	t.Helper()
	b, err := upstream.NewTorchServe(upstream.TorchServeConfig{
		Name: "ts", BaseURL: base, ManagementURL: management, Model: model, EndOfStream: "</end>",
	}, upstream.Options{Policy: egress.Local(), Timeouts: upstream.Timeouts{Request: 20 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func generate(t *testing.T, b upstream.Backend, r upstream.Request) (text string, pieces int, err error) {
	t.Helper()
	s, err := b.Generate(t.Context(), r, nil)
	for err == nil {
		var p upstream.Piece
		if p, err = s.Next(t.Context()); err == nil {
			text, pieces = text+p.Text, pieces+1
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return text, pieces, err
}

// An endpoint of the mock server whose model is served by this surface, as an engines file says.
func TestAnEndpointIsAnsweredHere(t *testing.T) {
	a := listen(t, "", "MODEL_NAME=llama2-7b-chat")
	const model = "system.ai.llama_3_1_8b_instruct"
	for _, base := range []string{a.Inference, "grpc://" + a.GRPC} {
		c, err := upstream.ParseConfig("engines.yaml", fmt.Appendf(nil,
			"engines:\n  - {kind: torchserve, base_url: %q, management_url: %q, model: llama2-7b-chat, models: [%s]}\n", base, a.Management, model))
		if err != nil {
			t.Fatal(err)
		}
		engines, err := c.Open(nil)
		if err != nil {
			t.Fatal(err)
		}
		s := mockserver.New(mockserver.Options{Engines: engines})
		client := &http.Client{Transport: s.Transport()}
		send := func(path, body string) string {
			t.Helper()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://mock"+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer t")
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			b, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("%s: %d %s %v", path, resp.StatusCode, b, err)
			}
			return string(b)
		}
		send("/api/2.0/serving-endpoints", `{"name":"chat","config":{"served_entities":[{"name":"e","entity_name":"`+model+`","entity_version":"3","min_provisioned_throughput":0,"max_provisioned_throughput":980}]}}`)
		var whole struct {
			Choices []struct {
				Message struct{ Content string }
			}
		}
		const question = `{"messages":[{"role":"user","content":"What is a token?"}],"max_tokens":24,"temperature":0`
		body := send("/serving-endpoints/chat/invocations", question+"}")
		if err := json.Unmarshal([]byte(body), &whole); err != nil || len(whole.Choices) != 1 {
			t.Fatalf("%s, %v", body, err)
		}
		streamed := ""
		for line := range strings.Lines(send("/serving-endpoints/chat/invocations", question+`,"stream":true}`)) {
			var frame struct {
				Choices []struct {
					Delta struct{ Content string }
				}
			}
			if data, ok := strings.CutPrefix(line, "data: {"); ok && json.Unmarshal([]byte("{"+data), &frame) == nil && len(frame.Choices) > 0 {
				streamed += frame.Choices[0].Delta.Content
			}
		}
		_, direct := do(t, "POST", a.Inference+"/predictions/llama2-7b-chat", jsonType, `{"text":"user: What is a token?\nassistant:","max_new_tokens":24}`)
		if text := whole.Choices[0].Message.Content; text+"<|endoftext|>" != direct || streamed != text || len(text) < 20 {
			t.Errorf("%s: whole %q, streamed %q, direct %q", base, text, streamed, direct)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		engines.Close()
	}
}
