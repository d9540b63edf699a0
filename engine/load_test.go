package engine_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/inference-iac/terraform-provider-inference/engine"
	"github.com/inference-iac/terraform-provider-inference/engine/backend"
	"github.com/inference-iac/terraform-provider-inference/engine/internal/tiny"
	"github.com/inference-iac/terraform-provider-inference/engine/model"
)

func file(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

func llama(t *testing.T, dtype backend.DType) fstest.MapFS {
	t.Helper()
	fsys, err := tiny.FS("LlamaForCausalLM", dtype, 3)
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

// text is what a checkpoint answers, or how it fails.
func text(t *testing.T, e *engine.Engine, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	return describe(complete(t, e, engine.Request{Prompt: "What is a token?", MaxTokens: 12, Logprobs: true}))
}

// write puts files on disk.
func write(t *testing.T, dir string, files fstest.MapFS) {
	t.Helper()
	for name, f := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLayouts checks that the same weights answer the same from memory, from a
// directory, in shards and in an MLflow model.
func TestLayouts(t *testing.T) {
	for _, dtype := range []backend.DType{backend.StoredF32, backend.StoredF16, backend.StoredBF16} {
		t.Run(string(dtype), func(t *testing.T) {
			fsys := llama(t, dtype)
			e, err := engine.OpenFS(fsys, engine.Options{})
			want := text(t, e, err)
			dir := t.TempDir()
			write(t, dir, fsys)
			e, err = engine.Open(dir, engine.Options{})
			if got := text(t, e, err); got != want {
				t.Errorf("from disk:\n got %s\nwant %s", got, want)
			}
			e, err = engine.OpenFS(shard(t, fsys), engine.Options{})
			if got := text(t, e, err); got != want {
				t.Errorf("in shards:\n got %s\nwant %s", got, want)
			}
			mlflow := fstest.MapFS{"MLmodel": file(mlmodel("llm/v1/chat"))}
			for name, f := range fsys {
				mlflow["model/"+name] = f
			}
			dir = t.TempDir()
			write(t, dir, mlflow)
			e, err = engine.Open(dir, engine.Options{})
			if got := text(t, e, err); got != want {
				t.Errorf("from MLflow:\n got %s\nwant %s", got, want)
			}
		})
	}
}

// mlmodel is an MLmodel file as MLflow writes it.
func mlmodel(task string) string {
	return "artifact_path: model\nflavors:\n  python_function:\n    loader_module: mlflow.transformers\n  transformers:\n    task: text-generation\n" +
		"metadata:\n  source: somewhere\n  task: \"" + task + "\"\nmlflow_version: 2.9.2\n"
}

func TestMLflowTask(t *testing.T) {
	open := func(head string) (*engine.Engine, error) {
		files := fstest.MapFS{"MLmodel": file(head)}
		for name, f := range llama(t, backend.StoredBF16) {
			files["model/"+name] = f
		}
		return engine.OpenFS(files, engine.Options{})
	}
	e, err := open(mlmodel("llm/v1/chat"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	if got := e.Info().Tasks; got[0] != engine.TaskChat || len(got) != 3 {
		t.Errorf("tasks %v", got)
	}
	for head, want := range map[string]string{
		mlmodel("llm/v1/magic"):                        "llm/v1/magic",
		"flavors:\n  sklearn:\n    x: transformers:\n": "transformers flavor",
	} {
		if _, err := open(head); !errors.Is(err, model.ErrCheckpoint) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", head, err)
		}
	}
}

// shard splits the weights in two files with an index, by editing the header.
func shard(t *testing.T, fsys fstest.MapFS) fstest.MapFS {
	t.Helper()
	out := maps.Clone(fsys)
	delete(out, "model.safetensors")
	data := fsys["model.safetensors"].Data
	size := binary.LittleEndian.Uint64(data)
	var header map[string]json.RawMessage
	if err := json.Unmarshal(data[8:8+size], &header); err != nil {
		t.Fatal(err)
	}
	index := map[string]string{}
	halves := [2]map[string]json.RawMessage{{}, {}}
	names := []string{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"}
	for name, entry := range header {
		if name != "__metadata__" {
			half := len(index) % 2
			halves[half][name] = entry
			index[name] = names[half]
		}
	}
	for i, h := range halves {
		head, _ := json.Marshal(h)
		var b bytes.Buffer
		_ = binary.Write(&b, binary.LittleEndian, uint64(len(head)))
		b.Write(head)
		b.Write(data[8+size:])
		out[names[i]] = &fstest.MapFile{Data: b.Bytes()}
	}
	text, _ := json.Marshal(map[string]any{"weight_map": index})
	out["model.safetensors.index.json"] = &fstest.MapFile{Data: text}
	return out
}

// TestFormats checks that formats cost little accuracy: the greedy text of f32 may
// change, the first token's probability hardly.
func TestFormats(t *testing.T) {
	first := func(format engine.Format) float64 {
		e, err := engine.OpenFS(llama(t, backend.StoredF32), engine.Options{Format: format})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = e.Close() }()
		return complete(t, e, engine.Request{Prompt: "What is a token?", MaxTokens: 1, Logprobs: true}).logprobs[0][0].Logprob
	}
	want := first(engine.F32)
	for _, format := range []engine.Format{engine.BF16, engine.Int8} {
		if got := first(format); got < want-0.3 || got > want+0.3 {
			t.Errorf("%s: log probability %.3f, in f32 %.3f", format, got, want)
		}
	}
}

// TestHostileCheckpoints damages one thing at a time.
func TestHostileCheckpoints(t *testing.T) {
	edit := func(name, from, to string) func(fstest.MapFS) {
		return func(f fstest.MapFS) {
			old := string(f[name].Data)
			if !strings.Contains(old, from) {
				t.Fatalf("%s holds no %s", name, from)
			}
			f[name] = file(strings.Replace(old, from, to, 1))
		}
	}
	for _, c := range []struct {
		name   string
		damage func(fstest.MapFS)
		want   string // in the error
	}{
		{"no config", func(f fstest.MapFS) { delete(f, "config.json") }, "config.json"},
		{"no tokenizer", func(f fstest.MapFS) { delete(f, "tokenizer.json") }, "tokenizer.json"},
		{"no weights", func(f fstest.MapFS) { delete(f, "model.safetensors") }, "model.safetensors"},
		{"broken config", edit("config.json", "{", "["), "config.json"},
		{"unknown architecture", edit("config.json", "LlamaForCausalLM", "GPT5ForCausalLM"), "LlamaForCausalLM, MistralForCausalLM"},
		{"huge hidden size", edit("config.json", `"hidden_size":64`, `"hidden_size":1000000000`), "hidden size"},
		{"negative layers", edit("config.json", `"num_hidden_layers":2`, `"num_hidden_layers":-2`), "layers"},
		{"more layers than weights", edit("config.json", `"num_hidden_layers":2`, `"num_hidden_layers":3`), "layers.2"},
		{"zero heads", edit("config.json", `"num_attention_heads":4`, `"num_attention_heads":0`), "heads"},
		{"odd key heads", edit("config.json", `"num_key_value_heads":2`, `"num_key_value_heads":3`), "key-value heads"},
		{"huge context", edit("config.json", `"max_position_embeddings":256`, `"max_position_embeddings":999999999`), "context"},
		{"wrong vocabulary", edit("config.json", `"vocab_size":1024`, `"vocab_size":1000`), "embed_tokens"},
		{"wrong activation", edit("config.json", `"silu"`, `"relu"`), "hidden_act"},
		{"wrong rope", edit("config.json", `"rope_theta":10000`, `"rope_theta":-1`), "rope_theta"},
		{"unknown rope", edit("config.json", `"rope_theta":10000`, `"rope_scaling":{"type":"magic"},"rope_theta":1e4`), "magic"},
		{"quantised weights", edit("config.json", `{`, `{"quantization_config":{},`), "quantised"},
		{"truncated weights", func(f fstest.MapFS) {
			d := f["model.safetensors"].Data
			f["model.safetensors"] = &fstest.MapFile{Data: d[:len(d)-10]}
		}, "offsets"},
		{"truncated header", func(f fstest.MapFS) {
			f["model.safetensors"] = &fstest.MapFile{Data: f["model.safetensors"].Data[:100]}
		}, "header"},
		{"empty weights", func(f fstest.MapFS) { f["model.safetensors"] = file("") }, "safetensors"},
		{"huge header", func(f fstest.MapFS) { f["model.safetensors"] = file("\xff\xff\xff\xff\xff\xff\xff\x7f{}") }, "header"},
		{"shape that overflows", func(f fstest.MapFS) {
			h := `{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`
			f["model.safetensors"] = &fstest.MapFile{Data: append(binary.LittleEndian.AppendUint64(nil, uint64(len(h))), h...)}
		}, "too large"},
		{"index that leaves the directory", func(f fstest.MapFS) {
			f["model.safetensors.index.json"] = file(`{"weight_map":{"x":"../../etc/passwd"}}`)
		}, "passwd"},
		{"index without its file", func(f fstest.MapFS) {
			f["model.safetensors.index.json"] = file(`{"weight_map":{"x":"a.safetensors"}}`)
		}, "a.safetensors"},
		{"broken template", func(f fstest.MapFS) { f["chat_template.jinja"] = file("{% for %}") }, "template"},
		{"broken tokenizer config", func(f fstest.MapFS) { f["tokenizer_config.json"] = file("{") }, "tokenizer_config.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fsys := llama(t, backend.StoredBF16)
			c.damage(fsys)
			e, err := engine.OpenFS(fsys, engine.Options{})
			if err == nil {
				_ = e.Close()
				t.Fatal("it opens")
			}
			if !errors.Is(err, model.ErrCheckpoint) && !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v; want a checkpoint error with %q", err, c.want)
			}
		})
	}
}
