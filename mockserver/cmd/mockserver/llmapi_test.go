package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/mockserver/llmapi"
)

func TestLLMAPI(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.properties")
	text := "inference_address=http://127.0.0.1:0\nmanagement_address=http://127.0.0.1:0\nmetrics_address=http://127.0.0.1:0\ngrpc_inference_port=0\nvmargs=-Xmx1g\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MODEL_NAME", "m")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	var stderr bytes.Buffer
	code := make(chan int, 1)
	go func() { code <- run(ctx, []string{"--llm-api", "--ts-config", file}, nil, in, &stderr) }()
	var a llmapi.Addresses
	if err := json.NewDecoder(out).Decode(&a); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(a.Inference+"/predictions/m", "text/plain", strings.NewReader("Hello"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if err != nil || !strings.HasSuffix(string(answer), "<|endoftext|>") || a.Management == "" || a.Metrics == "" || a.GRPC == "" {
		t.Errorf("%q, %v, %+v", answer, err, a)
	}
	stop()
	if c := <-code; c != 0 || !strings.Contains(stderr.String(), "vmargs has no effect here") {
		t.Errorf("exit code %d: %s", c, stderr.String())
	}
}

func TestLLMAPIUsage(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		args []string
		env  string // of TS_CONFIG_FILE
		code int
		part string
	}{
		{[]string{"--help"}, "", 0, "END_OF_STREAM_TOKEN"},
		{nil, "", 2, "no model is named"},
		{[]string{"x"}, "", 2, `unknown argument "x"`},
		{[]string{"--port", "1"}, "", 2, "not defined: -port"},
		{[]string{"--ts-config", "missing"}, "", 2, "--ts-config: open missing"},
		{[]string{"--ts-config", "missing"}, "wins", 2, "--ts-config: open wins"},
		{[]string{"--models", "m=missing"}, "", 1, "model m: "},
	} {
		if c.env != "" {
			t.Setenv("TS_CONFIG_FILE", c.env)
		} else if err := os.Unsetenv("TS_CONFIG_FILE"); err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		if code := run(t.Context(), append([]string{"--llm-api"}, c.args...), nil, io.Discard, &stderr); code != c.code || !strings.Contains(stderr.String(), c.part) {
			t.Errorf("%v: exit code %d, want %d: %s", c.args, code, c.code, stderr.String())
		}
	}
}
