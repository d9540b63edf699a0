package peers

import (
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/mockserver/llmapi"
	"github.com/inference-iac/terraform-provider-inference/tools/npm"
)

// TestLLMAPIClient lets grpc-js, which shares no code with our server, be a client of LLM-API.
func TestLLMAPIClient(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		skip(t, "grpc-js", err)
	}
	dir := npm.CacheDir("terraform-provider-inference-peers")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := npm.Install(ctx, dir, npm.Package{Name: "@grpc/grpc-js", Version: "1.14.7"}, npm.Package{Name: "@grpc/proto-loader", Version: "0.8.1"}); err != nil {
		skip(t, "grpc-js", err)
	}
	settings, err := llmapi.Configuration{
		File: "config.properties",
		Properties: "inference_address=http://127.0.0.1:0\nmanagement_address=http://127.0.0.1:0\nmetrics_address=http://127.0.0.1:0\n" +
			"grpc_inference_port=0\nload_models=m\n",
		Env: func(string) (string, bool) { return "", false },
	}.Read()
	ok(t, err)
	s, err := llmapi.Open(settings, llmapi.Options{})
	ok(t, err)
	defer func() { ok(t, s.Close()) }()
	a, err := s.Listen()
	ok(t, err)

	out, err := exec.CommandContext(ctx, node, filepath.Join("testdata", "llm-api.js"), filepath.Join(dir, "node_modules"), a.GRPC, a.Inference).Output()
	ok(t, err)
	type answer struct {
		Pieces  []string
		Code    int
		Details string
	}
	var got struct {
		Ping                     string
		Streamed, Refused, Unary answer
		Chunks                   []string
	}
	ok(t, json.Unmarshal(out, &got))
	text := strings.Join(got.Chunks, "")
	if got.Ping != "Healthy" || !strings.HasSuffix(text, "<|endoftext|>") || len(text) < 20 {
		t.Errorf("%s", out)
	}
	if p := got.Streamed.Pieces; strings.Join(p, "") != text || len(p) < 5 || p[len(p)-1] != "<|endoftext|>" || got.Streamed.Code != 0 {
		t.Errorf("streamed %q, over HTTP %q", p, text)
	}
	if got.Refused.Code != 3 || !strings.HasPrefix(got.Refused.Details, "wings is not a field") {
		t.Errorf("refused: %+v", got.Refused)
	}
	if got.Unary.Code != 12 || !strings.Contains(got.Unary.Details, "StreamPredictions") {
		t.Errorf("unary: %+v", got.Unary)
	}
}
