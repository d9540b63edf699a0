package mockserver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

const (
	llama7B  = `{"model_type":"llama","hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":32,"intermediate_size":11008,"vocab_size":32000}`
	llama70B = `{"model_type":"llama","hidden_size":8192,"num_hidden_layers":80,"num_attention_heads":64,"num_key_value_heads":8,"intermediate_size":28672,"vocab_size":128256}`
	mpt7B    = `{"model_type":"mpt","d_model":4096,"n_layers":32,"vocab_size":50432}`
	bgeLarge = `{"model_type":"bert","hidden_size":1024,"num_hidden_layers":24,"num_attention_heads":16,"intermediate_size":4096,"vocab_size":30522}`
)

func TestDescribe(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	mlflow := "mlflow_version: 2.9.2\nflavors:\n  transformers:\n    task: text-generation\n"
	for name, c := range map[string]struct {
		files  fstest.MapFS
		want   Model
		low    float64 // parameters in billions
		high   float64
		reason string
	}{
		"llama 7B":   {fstest.MapFS{"config.json": file(llama7B)}, Model{Type: "llama", Task: api.TaskCompletions}, 6.6, 6.8, ""},
		"llama 70B":  {fstest.MapFS{"config.json": file(llama70B)}, Model{Type: "llama", Task: api.TaskCompletions}, 69, 71, ""},
		"mpt 7B":     {fstest.MapFS{"config.json": file(mpt7B)}, Model{Type: "mpt", Task: api.TaskCompletions}, 6.5, 6.8, ""},
		"bge":        {fstest.MapFS{"config.json": file(bgeLarge)}, Model{Type: "bge", Task: api.TaskEmbeddings}, 0.32, 0.35, ""},
		"other":      {fstest.MapFS{"config.json": file(`{"model_type":"xlnet"}`)}, Model{Type: "xlnet"}, 0, 0, `architecture "xlnet"`},
		"mlflow":     {fstest.MapFS{"model/config.json": file(llama7B), "MLmodel": file(mlflow + "metadata:\n  task: llm/v1/chat\n")}, Model{Type: "llama", Task: api.TaskChat}, 6.6, 6.8, ""},
		"no task":    {fstest.MapFS{"model/config.json": file(llama7B), "MLmodel": file(mlflow)}, Model{Type: "llama", Task: api.TaskCompletions}, 6.6, 6.8, "no task"},
		"old mlflow": {fstest.MapFS{"model/config.json": file(llama7B), "MLmodel": file("mlflow_version: 2.3.1\nmetadata:\n  task: llm/v1/chat\n")}, Model{Type: "llama", Task: api.TaskChat}, 6.6, 6.8, "MLflow 2.3.1"},
	} {
		got, err := describe(c.files, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		b := float64(got.Parameters) / 1e9
		if got.Type != c.want.Type || got.Task != c.want.Task || b < c.low || b > c.high || got.Optimizable != (c.reason == "") || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%s: %+v, %.2f billion parameters", name, got, b)
		}
	}
	if _, err := describe(fstest.MapFS{}, "empty"); err == nil {
		t.Error("an empty directory is a model")
	}
	if _, err := describe(fstest.MapFS{"config.json": file("{")}, "broken"); err == nil {
		t.Error("broken JSON is a model")
	}
}

func TestScanModels(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"a.b.c/1", "a.b.c/12", "d.e.f"} {
		full := filepath.Join(root, filepath.FromSlash(dir))
		if err := os.MkdirAll(full, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(full, "config.json"), []byte(llama7B), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	models, err := ScanModels(root)
	if err != nil || len(models) != 3 {
		t.Fatalf("%v, %v", models, err)
	}
	c := call(t, New(Options{Models: models}))
	for path, want := range map[string]string{
		"/get-model-optimization-info/a.b.c/12": `{"optimizable":true,"model_type":"llama","throughput_chunk_size":980}`,
		"/get-model-optimization-info/d.e.f/1":  `{"optimizable":true,"model_type":"llama","throughput_chunk_size":980}`,
	} {
		if got := c.ok("GET", api.PathEndpoints+path, ""); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestChunkSizeIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := rapid.Int64Range(0, 200e9).Draw(t, "small")
		large := rapid.Int64Range(small, 400e9).Draw(t, "large")
		if a, b := chunkSize(small), chunkSize(large); a < b || b <= 0 {
			t.Fatalf("%d parameters: %d, %d parameters: %d", small, a, large, b)
		}
	})
}
