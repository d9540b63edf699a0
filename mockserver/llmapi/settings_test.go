package llmapi

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// from is a configuration of a text and variables NAME=value.
func from(properties string, variables ...string) Configuration {
	return Configuration{File: "config.properties", Properties: properties, Env: func(name string) (string, bool) {
		for _, v := range variables {
			if key, value, _ := strings.Cut(v, "="); key == name {
				return value, true
			}
		}
		return "", false
	}}
}

// The example of the deployment guide as it stands there, a missing brace and all.
func TestConfigOfTheGuide(t *testing.T) {
	text, err := os.ReadFile("testdata/guide.properties")
	if err != nil {
		t.Fatal(err)
	}
	s, err := from(string(text)).Read()
	if err != nil {
		t.Fatal(err)
	}
	version := func(name string) ModelSettings {
		return ModelSettings{
			Name: name, Version: "1.0", Default: true, BatchSize: 2, MaxBatchDelay: time.Second, ResponseTimeout: 10 * time.Minute,
			MinWorkers: 1, MaxWorkers: 1,
		}
	}
	want := Settings{
		Inference: Address{Host: "0.0.0.0", Port: 8080}, Management: Address{Host: "0.0.0.0", Port: 8081}, Metrics: Address{Host: "0.0.0.0", Port: 8082},
		GRPCHost: "127.0.0.1", GRPCPort: 7070, MetricsAPI: true, MaxRequest: 655350000, MaxResponse: 655350000, QueueSize: 100,
		Models:     []ModelSettings{version("llama2-7b-chat"), version("mistral-7b-instruct")},
		Generation: GenerationSettings{MaxInput: 2048, MaxNew: 2048, EndOfStream: "<|endoftext|>", Format: "bf16"},
		Notes: []string{
			"config.properties: install_py_dep_per_model has no effect here",
			"everybody who reaches 0.0.0.0 is answered: LLM-API has no tokens",
			"config.properties: models lacks 1 closing brace(s) at its end",
			`config.properties: models has "mistral-7b-instruct" among the versions of "llama2-7b-chat", where a brace is missing; it is read as a model`,
		},
		envOverrides: true, defaultTimeout: 10 * time.Minute, defaultWorkers: 1, models: s.models,
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got\n%+v\nwant\n%+v", s, want)
	}
}

func TestWhatIsLoaded(t *testing.T) {
	const two = `models={"a":{"1.0":{},"2.0":{"defaultVersion":true}},"b":{"1.0":{"minWorkers":2,"marName":"b.mar"}}}` + "\n"
	type loaded struct {
		name, path string
		standard   bool
	}
	for _, c := range []struct {
		name  string
		given Configuration
		want  []loaded
	}{
		{"all described", from(two), []loaded{{"a/1.0", "", false}, {"a/2.0", "", true}, {"b/1.0", "", true}}},
		{"MODEL_NAME", from(two, "MODEL_NAME=b", "MODEL_PATH=/m/b"), []loaded{{"b/1.0", "/m/b", true}}},
		{"MODEL_NAME that nobody describes", from("", "MODEL_NAME=c"), []loaded{{"c/1.0", "", true}}},
		{"MODEL_PATH of the only one", from("load_models=c.mar\n", "MODEL_PATH=/m/c"), []loaded{{"c/1.0", "/m/c", true}}},
		{"a store", from(two + "model_store=/store\nload_models=all"), []loaded{{"a/1.0", "/store/a", false}, {"a/2.0", "/store/a", true}, {"b/1.0", "/store/b", true}}},
		{"paths in a store", from("model_store=/store\nload_models=a=x, b=/y\n"), []loaded{{"a/1.0", "/store/x", true}, {"b/1.0", "/y", true}}},
		{"an empty variable", from(two, "MODEL_NAME="), []loaded{{"a/1.0", "", false}, {"a/2.0", "", true}, {"b/1.0", "", true}}},
		{"the environment instead", from(two+"enable_envvars_config=true", "TS_LOAD_MODELS=b", "TS_MODEL_STORE=/s"), []loaded{{"b/1.0", "/s/b", true}}},
		{"the environment is not asked", from(two, "TS_LOAD_MODELS=c"), []loaded{{"a/1.0", "", false}, {"a/2.0", "", true}, {"b/1.0", "", true}}},
	} {
		s, err := c.given.Read()
		var got []loaded
		for _, m := range s.Models {
			got = append(got, loaded{m.Name + "/" + m.Version, m.Path, m.Default})
		}
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
	c := from(two, "MODEL_NAME=b")
	c.Models, c.ModelStore = "a", "/flag"
	if s, err := c.Read(); err != nil || len(s.Models) != 2 || s.Models[0].Path != "/flag/a" {
		t.Errorf("command line: %+v, %v", s.Models, err)
	}
}

func TestEnvironment(t *testing.T) {
	for _, c := range []struct {
		variable string
		want     func(s Settings) bool
	}{
		{"MAX_INPUT_TOKENS=7", func(s Settings) bool { return s.Generation.MaxInput == 7 }},
		{"MAX_NEW_TOKENS=8", func(s Settings) bool { return s.Generation.MaxNew == 8 }},
		{"END_OF_STREAM_TOKEN=</s>", func(s Settings) bool { return s.Generation.EndOfStream == "</s>" }},
		{"DTYPE=torch.float32", func(s Settings) bool { return s.Generation.Format == "f32" }},
		{"DTYPE=float16", func(s Settings) bool { return s.Generation.Format == "f32" }},
		{"DTYPE=auto", func(s Settings) bool { return s.Generation.Format == "" }},
		{"QUANTIZATION=8bit", func(s Settings) bool { return s.Generation.Format == "int8" }},
		{"QUANTIZATION=None", func(s Settings) bool { return s.Generation.Format == "bf16" }},
		{"DEVICE_MAP=auto", func(s Settings) bool { return len(s.Notes) == 0 }},
		{"DEVICE_MAP=0", func(s Settings) bool { return strings.HasPrefix(s.Notes[0], "DEVICE_MAP has no effect") }},
		{"DEVICE_MAP=cuda:1", func(s Settings) bool { return len(s.Notes) == 1 }},
		{`DEVICE_MAP={"": "cpu", "lm_head": 1}`, func(s Settings) bool { return len(s.Notes) == 1 }},
		{"TS_MAX_REQUEST_SIZE=5", func(s Settings) bool { return s.MaxRequest == 5 }},
		{"TS_GRPC_INFERENCE_PORT=7071", func(s Settings) bool { return s.GRPCPort == 7071 }},
	} {
		s, err := from("enable_envvars_config=TRUE", "MODEL_NAME=m", c.variable).Read()
		if err != nil || !c.want(s) {
			t.Errorf("%s: %+v, %v", c.variable, s, err)
		}
	}
}

func TestBadSettings(t *testing.T) {
	for _, c := range []struct{ properties, variable, part string }{
		{"", "X=", "no model is named: set MODEL_NAME"},
		{"a=1", "", "config.properties: line 1: a is not a property of TorchServe"},
		{"# x\ninference_address=8080", "", `line 2: inference_address must be http://host:port or https://host:port, got "8080"`},
		{"inference_address=http://h:99999", "", "inference_address has a port that must be a whole number from 0 to 65535"},
		{"max_request_size=-1", "", `max_request_size must be a whole number from 1 to 2147483647, got "-1"`},
		{"enable_metrics_api=yes", "", `enable_metrics_api must be true or false, got "yes"`},
		{"default_response_timeout=0", "", "default_response_timeout must be a whole number from 1"},
		{"keystore=k.p12", "", "keystore is not supported; use certificate_file"},
		{"x=\\u12", "", "line 1: "},
		{`models={"m":{"1.0":{"batchsize":2}}}`, "", "config.properties: models.m.1.0.batchsize is not a parameter; known are batchSize, "},
		{`models={"m":{"1.0":{"batchSize":0}}}`, "", `models.m.1.0.batchSize must be a whole number from 1`},
		{`models={"m":{"1.0":{"minWorkers":2,"maxWorkers":1}}}`, "", "models.m.1.0.maxWorkers (1) is below minWorkers (2)"},
		{`models={"m":{"1.0":{"defaultVersion":true},"2.0":{"defaultVersion":true}}}`, "", "models.m has 2 versions with defaultVersion"},
		{`models={"m":{"1.0":3}}`, "", `models is not JSON of the form {model: {version: {parameter: value}}}`},
		{`models=[]`, "", "models is not JSON of the form"},
		{`models={"m":{"1.0":{}}}}`, "", "models is not JSON of the form"},
		{"", "MAX_NEW_TOKENS=many", `MAX_NEW_TOKENS must be a whole number from 1 to 2147483647, got "many"`},
		{"", "DTYPE=int3", `DTYPE must be one of auto, bfloat16, float16, float32, got "int3"`},
		{"", "QUANTIZATION=2bit", "QUANTIZATION must be one of "},
		{"", "DEVICE_MAP=tpu:x", "DEVICE_MAP must be auto, a device as cpu"},
		{"", `DEVICE_MAP={"a":"tpu"}`, `DEVICE_MAP sends "a" to "tpu", which is no device`},
		{"", `DEVICE_MAP={"a"`, "DEVICE_MAP is not a JSON object"},
		{"enable_envvars_config=true", "TS_JOB_QUEUE_SIZE=0", "TS_JOB_QUEUE_SIZE must be a whole number from 1"},
	} {
		name := "MODEL_NAME=m"
		if c.variable == "X=" {
			name = "Y="
		}
		_, err := from(c.properties, name, c.variable).Read()
		if err == nil || !strings.Contains(err.Error(), c.part) {
			t.Errorf("%s %s: %v, want %q", c.properties, c.variable, err, c.part)
		}
	}
}
