package mockserver

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// architecture is the part of a Hugging Face config.json that tells family and size.
type architecture struct {
	ModelType    string `json:"model_type"`
	Hidden       int64  `json:"hidden_size"`
	Layers       int64  `json:"num_hidden_layers"`
	Heads        int64  `json:"num_attention_heads"`
	KVHeads      int64  `json:"num_key_value_heads"`
	Intermediate int64  `json:"intermediate_size"`
	Vocabulary   int64  `json:"vocab_size"`
	Experts      int64  `json:"num_local_experts"`
	Tied         bool   `json:"tie_word_embeddings"`
	MPTHidden    int64  `json:"d_model"`
	MPTLayers    int64  `json:"n_layers"`
}

// family is how the optimization info calls an architecture, and what it does if nothing says so.
type family struct{ name, task string }

// families are the architectures of the source documents that provisioned throughput serves.
func families() map[string]family {
	return map[string]family{
		"llama":   {"llama", api.TaskCompletions},
		"mistral": {"mistral", api.TaskCompletions},
		"mixtral": {"mixtral", api.TaskCompletions},
		"mpt":     {"mpt", api.TaskCompletions},
		"qwen2":   {"qwen2", api.TaskCompletions},
		"bert":    {"bge", api.TaskEmbeddings},
		"new":     {"gte", api.TaskEmbeddings},
	}
}

// parameters counts the weights of the architecture.
func (a architecture) parameters() int64 {
	if a.MPTHidden > 0 {
		return a.Vocabulary*a.MPTHidden + a.MPTLayers*12*a.MPTHidden*a.MPTHidden
	}
	kv := a.Hidden
	if a.KVHeads > 0 && a.Heads > 0 {
		kv = a.Hidden * a.KVHeads / a.Heads
	}
	matrices := int64(3) // gate, up, down
	if a.ModelType == "bert" {
		matrices = 2
	}
	embeddings := 2 * a.Vocabulary * a.Hidden
	if a.Tied || matrices == 2 {
		embeddings /= 2
	}
	layer := 2*a.Hidden*a.Hidden + 2*a.Hidden*kv + max(1, a.Experts)*matrices*a.Hidden*a.Intermediate
	return embeddings + a.Layers*layer
}

// DescribeModel reads what a checkpoint directory says of a model: config.json of a Hugging Face directory, or
// MLmodel of an MLflow one and the config.json below it. A model that cannot be optimized says why in Reason.
func DescribeModel(dir string) (Model, error) { return describe(os.DirFS(dir), dir) }

func describe(files fs.FS, dir string) (Model, error) {
	m := Model{Dir: dir, Version: "1"}
	meta, isMLflow, err := readMLmodel(files)
	if err != nil {
		return m, fmt.Errorf("%s: %w", dir, err)
	}
	config, err := findConfig(files)
	if err != nil {
		return m, fmt.Errorf("%s: %w", dir, err)
	}
	var a architecture
	if err := json.Unmarshal(config, &a); err != nil {
		return m, fmt.Errorf("%s: config.json: %w", dir, err)
	}
	f, supported := families()[a.ModelType]
	m.Type, m.Parameters, m.Task = a.ModelType, a.parameters(), f.task
	if meta.task != "" {
		m.Task = meta.task
	}
	switch {
	case !supported:
		m.Reason = fmt.Sprintf("architecture %q is not supported", a.ModelType)
	case isMLflow && meta.task == "":
		m.Reason = "the MLflow metadata has no task"
	case isMLflow && olderThan(meta.version, 2, 4):
		m.Reason = fmt.Sprintf("it was logged with MLflow %s, at least 2.4 is needed", meta.version)
	}
	if supported {
		m.Type = f.name
	}
	m.Optimizable = m.Reason == ""
	return m, nil
}

// findConfig looks for config.json at the places where Hugging Face and MLflow put it.
func findConfig(files fs.FS) ([]byte, error) {
	for _, name := range []string{"config.json", "model/config.json", "components/model/config.json", "data/model/config.json"} {
		b, err := fs.ReadFile(files, name)
		if !errors.Is(err, fs.ErrNotExist) {
			return b, err
		}
	}
	return nil, errors.New("there is no config.json")
}

// mlmodel is the part of an MLmodel file that matters here.
type mlmodel struct{ task, version string }

// readMLmodel reads the lines "mlflow_version: x" and, below "metadata:", "task: x"; the file is YAML, and
// these are plain in all that MLflow writes.
func readMLmodel(files fs.FS) (m mlmodel, found bool, err error) {
	f, err := files.Open("MLmodel")
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, nil
	}
	if err != nil {
		return m, false, err
	}
	defer func() { _ = f.Close() }()
	section := ""
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.Trim(strings.TrimSpace(value), `'"`)
		if line != "" && line[0] != ' ' {
			section = key
		}
		switch {
		case key == "mlflow_version":
			m.version = value
		case key == "task" && section == "metadata" && line[0] == ' ':
			m.task = value
		}
	}
	return m, true, lines.Err()
}

// olderThan compares the first two numbers of a version; one that does not parse is not older.
func olderThan(version string, major, minor int) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	a, errA := strconv.Atoi(parts[0])
	b, errB := strconv.Atoi(parts[1])
	return errA == nil && errB == nil && (a < major || (a == major && b < minor))
}

// ScanModels finds the models of a directory tree root/catalog.schema.name/version; a model without version
// directories is version 1.
func ScanModels(root string) ([]Model, error) {
	var out []Model
	names, err := os.ReadDir(root)
	if err != nil {
		return nil, fmt.Errorf("scan models: %w", err)
	}
	for _, n := range names {
		if !n.IsDir() {
			continue
		}
		dir := filepath.Join(root, n.Name())
		versions, err := fs.Glob(os.DirFS(dir), "[0-9]*")
		if err != nil {
			return nil, fmt.Errorf("scan models: %w", err)
		}
		if len(versions) == 0 {
			versions = []string{"."}
		}
		for _, v := range versions {
			m, err := DescribeModel(filepath.Join(dir, v))
			if err != nil {
				return nil, fmt.Errorf("scan models: %w", err)
			}
			m.Name = n.Name()
			if v != "." {
				m.Version = path.Base(v)
			}
			out = append(out, m)
		}
	}
	return out, nil
}
