package model

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"strings"
)

// mlflowDirs are where MLflow's transformers flavor puts a Hugging Face directory,
// beside MLmodel.
func mlflowDirs() []string {
	return []string{"model", "components/model", "artifacts/model", "data/model"}
}

// mlflowModel reads MLmodel: the directory with the weights, and metadata.task if
// it is declared (mlflow.transformers.log_model's documentation).
func mlflowModel(fsys fs.FS) (dir, task string, err error) {
	info, err := fs.Stat(fsys, "MLmodel")
	if err != nil || info.Size() > maxJSON {
		return "", "", fmt.Errorf("%w: neither config.json nor a readable MLmodel is there", ErrCheckpoint)
	}
	text, err := fs.ReadFile(fsys, "MLmodel")
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if !hasKey(text, "flavors", "transformers") {
		return "", "", fmt.Errorf("%w: MLmodel has no transformers flavor", ErrCheckpoint)
	}
	for _, d := range mlflowDirs() {
		if _, err := fs.Stat(fsys, d+"/config.json"); err == nil {
			return d, valueOf(text, "metadata", "task"), nil
		}
	}
	return "", "", fmt.Errorf("%w: the MLflow model holds no config.json in %s", ErrCheckpoint, strings.Join(mlflowDirs(), ", "))
}

func hasKey(text []byte, section, key string) bool {
	_, ok := lookup(text, section, key)
	return ok
}

func valueOf(text []byte, section, key string) string {
	v, _ := lookup(text, section, key)
	return v
}

// lookup finds "key: value" directly below "section:" in block-style YAML, which is
// what MLflow writes; a full reader would be a dependency for two words.
func lookup(text []byte, section, key string) (value string, ok bool) {
	inside, depth := false, -1
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := strings.TrimRight(lines.Text(), " \r")
		body := strings.TrimLeft(line, " ")
		indent := len(line) - len(body)
		switch {
		case body == "" || body[0] == '#':
		case indent == 0:
			inside, depth = body == section+":", -1
		case inside && (depth < 0 || indent == depth):
			depth = indent
			if k, v, found := strings.Cut(body, ":"); found && k == key {
				return strings.Trim(strings.TrimSpace(v), `"'`), true
			}
		}
	}
	return "", false
}
