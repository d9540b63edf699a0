package upstream_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

const engines = `
engines:
  - name: a100
    kind: vllm
    base_url: http://10.0.0.5:8000
    model: meta-llama/Llama-3.1-8B-Instruct
    key: env:VLLM_API_KEY
    models: [main.default.llama, main.default.llama-next/2]
    workload_types: [GPU_LARGE]
    timeouts: {connect: 2s, request: 2m, idle: 15s}
    breaker: {failures: 3, cooldown: 5s}
  - kind: torchserve
    base_url: http://127.0.0.1:8080
    management_url: http://127.0.0.1:8081
    model: llama2-7b-chat
    models: [main.default.llama-next]
external:
  allow: [127.0.0.0/8]
  base_urls: {anthropic: "http://127.0.0.1:4010"}
  timeouts: {request: 30s}
`

func TestConfig(t *testing.T) {
	c, err := upstream.ParseConfig("engines.yaml", []byte(engines))
	if err != nil {
		t.Fatal(err)
	}
	e := c.Engines[0]
	if e.Name != "a100" || e.Key != "env:VLLM_API_KEY" || e.Timeouts.Request != 2*time.Minute || e.Breaker.Failures != 3 || c.Engines[1].Name != "torchserve llama2-7b-chat" {
		t.Errorf("%+v", c)
	}
	if c.External.BaseURLs["anthropic"] == "" || c.External.Timeouts.Request != 30*time.Second || len(c.External.Allow) != 1 {
		t.Errorf("%+v", c.External)
	}
	set, err := c.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	vllm, _ := set.Find("main.default.llama", "1", "CPU")
	torch, _ := set.Find("main.default.llama-next", "1", "CPU")
	for _, f := range []struct {
		model, version, workload string
		want                     *upstream.Place
	}{
		{"main.default.llama", "7", "", vllm},
		{"main.default.llama-next", "2", "", vllm},
		{"main.default.llama-next", "3", "GPU_LARGE", torch},
		{"main.default.other", "1", "GPU_LARGE", vllm},
		{"main.default.other", "1", "GPU_SMALL", nil},
	} {
		if got, ok := set.Find(f.model, f.version, f.workload); got != f.want || ok != (f.want != nil) || ok && got.Backend == nil {
			t.Errorf("%s/%s on %s: %v", f.model, f.version, f.workload, got)
		}
	}
	if vllm == nil || torch == nil || vllm == torch {
		t.Error("no engines")
	}
}

func TestLaunchedEngine(t *testing.T) {
	c, err := upstream.ParseConfig("engines.yaml", []byte(`
engines:
  - kind: vllm
    command: vllm serve {{.ModelDir}} --served-model-name {{.Model}} --port {{.Port}}
    directory: /srv
    env: {HF_TOKEN: env:HF_TOKEN, OMP_NUM_THREADS: 4}
    start_timeout: 20m
    stop_timeout: 5s
    restart: {min: 2s, max: 8s, attempts: 7}
    workload_types: [GPU_LARGE]
`))
	if err != nil {
		t.Fatal(err)
	}
	set, err := c.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	p, ok := set.Find("main.default.llama", "1", "GPU_LARGE")
	if !ok || p.Backend != nil || p.Name != "vllm" || p.StartTimeout != 20*time.Minute {
		t.Fatalf("%+v", p)
	}
	l := p.Launch
	if l.Directory != "/srv" || l.Env["OMP_NUM_THREADS"] != "4" || !upstream.IsReference(l.Env["HF_TOKEN"]) || upstream.IsReference("4") ||
		l.StopTimeout != 5*time.Second || l.Restart.Max != 8*time.Second || l.Attempts != 7 {
		t.Errorf("%+v", l)
	}
	b, err := set.Launched(p, 8123, "llama")
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
}

func TestConfigErrors(t *testing.T) {
	const head = "engines:\n  - kind: vllm\n    base_url: http://gpu:8000\n    model: m\n    models: [a]\n"
	const launched = "engines:\n  - kind: vllm\n    models: [a]\n    command: vllm serve {{.ModelDir}}\n"
	for _, c := range []struct{ text, want string }{
		{head + "    modle: x\n", "engines.yaml:6: engines[0].modle is not a field; known are base_url, breaker, ca_file"},
		{head + "    model: x\n", "engines.yaml:6: engines[0].model stands there twice"},
		{head + "    key: sk-secret\n", "engines.yaml:6: engines[0].key must be env:NAME, file:PATH or {{secrets/scope/key}}, never the key itself"},
		{head + "    timeouts: {request: soon}\n", `engines.yaml:6: engines[0].timeouts.request must be a duration above zero, as 30s or 2m, got "soon"`},
		{head + "    breaker: {failures: 0}\n", "engines.yaml:6: engines[0].breaker.failures must be a number above zero"},
		{head + "    management_url: http://gpu:8081\n", "engines.yaml:6: engines[0].management_url belongs to kind torchserve"},
		{"engines:\n  - {kind: vllm, base_url: grpc://gpu:7070, model: m, models: [a]}\n", "engines.yaml:2: engines[0].base_url with grpc belongs to kind torchserve"},
		{"engines:\n  - {kind: torchserve, base_url: ftp://gpu, model: m, models: [a]}\n", "engines.yaml:2: engines[0].base_url is wrong: destination is not allowed: the scheme must be http or https or grpc or grpcs"},
		{head + "  - {kind: vllm, base_url: http://b, model: m, models: [a]}\n", "engines.yaml:6: engines[1] answers for a, as engines[0] does"},
		{head + "    workload_types: GPU_LARGE\n", "engines.yaml:6: engines[0].workload_types must be a list"},
		{head + "    workload_types: [[GPU]]\n", "engines.yaml:6: engines[0].workload_types[0] must be a single value"},
		{"engines:\n  - kind: vllm\n    model: m\n    models: [a]\n", "engines.yaml:2: engines[0].base_url or command is required"},
		{"engines:\n  - kind: vllm\n    base_url: http://g\n    model: m\n", "engines.yaml:2: engines[0] must have models or workload_types"},
		{"engines:\n  - kind: vllm\n    base_url: http://g\n    models: [a]\n", "engines.yaml:2: engines[0].model is required"},
		{launched + "    base_url: http://gpu:8000\n", "engines.yaml:5: engines[0].base_url and command exclude each other"},
		{launched + "    ca_file: ca.pem\n", "engines.yaml:5: engines[0].ca_file does not go with command"},
		{launched + "    env: {HF TOKEN: sk-secret}\n", `engines.yaml:5: engines[0].env: "HF TOKEN" is no name of a variable`},
		{launched + "    env: {HF_TOKEN: [sk-secret]}\n", "engines.yaml:5: engines[0].env.HF_TOKEN must be a single value"},
		{launched + "    env: [sk-secret]\n", "engines.yaml:5: engines[0].env must be a mapping"},
		{launched + "    restart: {min: 1m, max: 1s}\n", "engines.yaml:5: engines[0].restart.min, 1m0s, is above max, 1s"},
		{launched + "    restart: {attempts: -1}\n", "engines.yaml:5: engines[0].restart.attempts must be a number above zero"},
		{launched + "    stop_timeout: soon\n", "engines.yaml:5: engines[0].stop_timeout must be a duration above zero"},
		{"engines:\n  - kind: vllm\n    models: [a]\n    command: vllm serve --port {{.Prot}}\n", "engines.yaml:4: engines[0].command {{.Prot}} is no placeholder"},
		{"engines:\n  - kind: vllm\n    models: [a]\n    command:\n    - vllm\n    - '{{'\n", `engines.yaml:5: engines[0].command: "{{" is no template`},
		{"engines:\n  - kind: vllm\n    models: [a]\n    command: vllm serve | tee log\n", "engines.yaml:4: engines[0].command has |, but no shell runs it"},
		{"engines:\n  - kind: vllm\n    models: [a]\n    command: []\n", "engines.yaml:4: engines[0].command: must name a program"},
		{head + "    stop_timeout: 3s\n", "engines.yaml:6: engines[0].stop_timeout needs a command"},
		{head + "    env: {A: b}\n", "engines.yaml:6: engines[0].env needs a command"},
		{"engines:\n  - kind: gpt\n", `engines.yaml:2: engines[0].kind must be one of llamacpp, ollama, openai, sglang, trtllm, vllm, torchserve, got "gpt"`},
		{"engines:\n  - base_url: http://169.254.169.254/\n", "engines.yaml:2: engines[0].base_url is wrong: destination is not allowed: 169.254.169.254 is a link-local or metadata address"},
		{"engines:\n  - base_url: http://user:sk-secret@gpu\n", "engines.yaml:2: engines[0].base_url is wrong: destination is not allowed: credentials do not belong in a URL"},
		{"engines:\n  - base_url:\n", "engines.yaml:2: engines[0].base_url must be a single value"},
		{"engines:\n  - model: ''\n", "engines.yaml:2: engines[0].model must not be empty"},
		{"engines: 7\n", "engines.yaml:1: engines must be a list"},
		{"engine: []\n", "engines.yaml:1: engine is not a field; known are engines, entities, external"},
		{"external:\n  allow: [everything]\n", `engines.yaml:2: external.allow[0] must be a range of addresses, as 10.0.0.0/8, got "everything"`},
		{"external:\n  base_urls: {open-ai: http://x}\n", "engines.yaml:2: external.base_urls.open-ai is not a field; known are ai21labs"},
		{"entities:\n  - {entity: e/a}\n", "engines.yaml:2: entities[0].timeout is required"},
		{"entities:\n  - {timeout: 1s}\n", "engines.yaml:2: entities[0].entity is required"},
		{"entities:\n  - {entity: e/a, timeout: -1s}\n", "engines.yaml:2: entities[0].timeout must be a duration above zero"},
		{"engines:\n\t- x\n", "engines.yaml: line 2: found character that cannot start any token"},
		{"a: 1\n---\nb: 2\n", "engines.yaml: has more than one document"},
		{"", "engines.yaml: is empty"},
	} {
		_, err := upstream.ParseConfig("engines.yaml", []byte(c.text))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v; want %s", err, c.want)
		} else if strings.Contains(err.Error(), "sk-secret") {
			t.Errorf("a key is repeated: %v", err)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(engines))
	f.Add([]byte("engines: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := upstream.ParseConfig("engines.yaml", data)
		if err != nil {
			return
		}
		set, err := c.Open(nil)
		if err == nil {
			set.Close()
		} else if !strings.Contains(err.Error(), "ca") && !strings.Contains(err.Error(), "file") {
			t.Errorf("a valid file that cannot be opened: %v", err)
		}
	})
}

func TestKeys(t *testing.T) {
	t.Setenv("UPSTREAM_TEST_KEY", "sk-1")
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("sk-2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for reference, want := range map[string]string{"env:UPSTREAM_TEST_KEY": "sk-1", "file:" + file: "sk-2\n", "env:UPSTREAM_NO_SUCH": "", "sk-3": ""} {
		if got, err := upstream.LookupKey(reference); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q %v", reference, got, err)
		}
	}
}

// What a configuration of an external model names cannot reach this machine unless the operator says so.
func TestDestinationsOfExternalModels(t *testing.T) {
	hits := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits++ }))
	defer server.Close()
	custom := func(url string) *api.ExternalModel {
		return &api.ExternalModel{Name: "m", Provider: "custom", Task: api.TaskChat, Custom: &api.CustomProviderConfig{URL: url, BearerTokenAuth: &api.BearerTokenAuth{TokenPlaintext: "sk-secret"}}}
	}
	set, err := upstream.Config{}.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{server.URL, "http://[::ffff:127.0.0.1]", "http://0x7f.1", "http://169.254.169.254", "http://metadata:x@metadata.google.internal"} {
		if _, err := set.External("e", custom(url)); err == nil {
			t.Errorf("%s is accepted", url)
		}
	}
	x, err := set.External("e", custom(strings.Replace(server.URL, "127.0.0.1", "localhost", 1)))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	_, err = ask(t.Context(), x, false, nil)
	if err == nil || hits != 0 {
		t.Errorf("%v, %d requests", err, hits)
	}
	for _, region := range []string{"x.evil.example/", "x.evil.example/#", "evil.example", "", "us east"} {
		bedrock := &api.ExternalModel{Name: "m", Provider: "amazon-bedrock", AmazonBedrock: &api.AmazonBedrockConfig{Region: region, Provider: "amazon"}}
		if _, err := set.External("e", bedrock); !errors.Is(err, upstream.ErrForbidden) {
			t.Errorf("region %q: %v", region, err)
		}
	}
}
