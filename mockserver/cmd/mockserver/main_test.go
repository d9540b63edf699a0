package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is the command of exec's tests when the environment asks for it.
func TestMain(m *testing.M) {
	switch os.Getenv("MOCKSERVER_TEST_CHILD") {
	case "":
		goleak.VerifyTestMain(m)
	case "get":
		os.Exit(child())
	default:
		os.Exit(9)
	}
}

// child asks the server that exec started.
func child() int {
	if os.Getenv("INFERENCE_HOST") != os.Getenv("DATABRICKS_HOST") || os.Getenv("INFERENCE_TOKEN") != os.Getenv("DATABRICKS_TOKEN") {
		return 3
	}
	status, _, err := get(context.Background(), os.Getenv("INFERENCE_HOST")+"/api/2.0/serving-endpoints", os.Getenv("INFERENCE_TOKEN"))
	if err != nil || status != http.StatusOK {
		return 4
	}
	return 7
}

func get(ctx context.Context, url, token string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func TestServe(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	var stderr bytes.Buffer
	code := make(chan int, 1)
	go func() { code <- run(ctx, []string{"--token", "ann=t1", "--port", "0", "--admin"}, nil, in, &stderr) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var r ready
	if err := json.Unmarshal([]byte(line), &r); err != nil || r.Token != "t1" || !strings.HasPrefix(r.URL, "http://127.0.0.1:") {
		t.Fatalf("ready line %q: %v", line, err)
	}
	for path, want := range map[string]int{"/api/2.0/serving-endpoints": 200, "/__admin/requests": 200, "/nothing": 404} {
		if status, body, err := get(ctx, r.URL+path, r.Token); err != nil || status != want {
			t.Errorf("GET %s: %d %s %v", path, status, body, err)
		}
	}
	stop()
	if c := <-code; c != 0 {
		t.Errorf("exit code %d: %s", c, stderr.String())
	}
}

func TestExec(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for child, want := range map[string]int{"get": 7, "other": 9} {
		t.Setenv("MOCKSERVER_TEST_CHILD", child)
		if code := run(t.Context(), []string{"exec", "--", self}, nil, io.Discard, io.Discard); code != want {
			t.Errorf("%s: exit code %d, want %d", child, code, want)
		}
	}
}

func TestWrongUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		part string
	}{
		{[]string{"--help"}, 0, "time-scale"},
		{[]string{"exec", "--help"}, 0, "mockserver exec [flags] -- command"},
		{[]string{"exec", "--llm-api", "--", "true"}, 2, "does not go with exec"},
		{[]string{"--llm-api=true"}, 2, "takes no value"},
		{[]string{"exec"}, 2, "exec needs a command"},
		{[]string{"serve", "x"}, 2, `unknown argument "x"`},
		{[]string{"--listen", "0.0.0.0:0"}, 1, "needs a list of tokens"},
		{[]string{"--progression", "slow"}, 2, `"slow"`},
		{[]string{"--time-scale", "-1"}, 2, "must be positive"},
		{[]string{"--time-scale", "2", "--progression", "manual"}, 2, "needs --progression time"},
		{[]string{"--gpus", "A100"}, 2, "TYPE=COUNT"},
		{[]string{"--gpus", "A100=1,A100=2"}, 2, "A100 stands there twice"},
		{[]string{"--model", "a.b.c,size=1"}, 2, `unknown key "size"`},
		{[]string{"--token", "ann="}, 2, "--token 1 is empty"},
		{[]string{"--store", "redis://h"}, 2, "etcd://"},
		{[]string{"--store", "etcd://u:p@h"}, 2, "ETCDCTL_PASSWORD"},
		{[]string{"--store", "etcd://h", "--data", "f"}, 2, "exclude each other"},
		{[]string{"--store", "etcd://h", "--secret", "s/k=env:PATH"}, 2, dataKey},
		{[]string{"exec", "--", "/does/not/exist"}, 127, "does/not/exist"},
	} {
		var stderr bytes.Buffer
		if code := run(t.Context(), c.args, nil, io.Discard, &stderr); code != c.code || !strings.Contains(stderr.String(), c.part) {
			t.Errorf("%v: exit code %d, want %d: %s", c.args, code, c.code, stderr.String())
		}
	}
}

func TestFlagsBecomeOptions(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"model_type":"llama","hidden_size":4096}`), 0o600); err != nil {
		t.Fatal(err)
	}
	c, rest, err := parse("exec", []string{"--model", "a.b.c=" + dir + ",version=2,parameters=70000000000,type=llama,task=llm/v1/chat", "--gpus", "A100=4,T4=2", "--time-scale", "600", "--", "terraform", "-v"}, io.Discard)
	if err != nil || len(rest) != 2 {
		t.Fatalf("%v, %v", rest, err)
	}
	m := c.options.Models[len(c.options.Models)-1]
	if m.Name != "a.b.c" || m.Dir != dir || m.Version != "2" || m.Parameters != 70e9 || m.Task != "llm/v1/chat" {
		t.Errorf("model %+v", m)
	}
	if c.options.GPUs["A100"] != 4 || c.options.GPUs["T4"] != 2 || strings.Join(c.options.GPUIDs["T4"], ",") != "4,5" || c.token == "" || c.options.Tokens != nil {
		t.Errorf("options %+v", c.options)
	}
}
