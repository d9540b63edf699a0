package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// Files is where a checkpoint lies. Its parts live until Close.
type Files struct {
	// Task is what an MLflow model declares in metadata.task, as "llm/v1/chat".
	Task string

	fsys  fs.FS
	root  string // directory on disk; "": none, files are read instead of mapped
	unmap []func() error
}

// maxJSON bounds every JSON file of a checkpoint but the tokenizer.
const maxJSON = 16 << 20

// OpenDir opens a directory on disk; weights are mapped where the system can.
func OpenDir(dir string) (*Files, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%w: %s is not a directory", ErrCheckpoint, dir)
	}
	return locate(&Files{fsys: os.DirFS(dir), root: dir})
}

// OpenFS opens the root of any file system; weights are read into memory.
func OpenFS(fsys fs.FS) (*Files, error) {
	return locate(&Files{fsys: fsys})
}

// Close releases what was mapped. No tensor of these files may be used after.
func (f *Files) Close() error {
	var errs []error
	for _, u := range f.unmap {
		errs = append(errs, u())
	}
	f.unmap = nil
	return errors.Join(errs...)
}

// Read is the content of a small file. A missing one is fs.ErrNotExist.
func (f *Files) Read(name string, limit int64) ([]byte, error) {
	info, err := fs.Stat(f.fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%w: %s has %d bytes, at most %d are read", ErrCheckpoint, name, info.Size(), limit)
	}
	return fs.ReadFile(f.fsys, name)
}

// readJSON reads a JSON file into v; a missing optional one leaves v alone.
func (f *Files) readJSON(name string, v any, optional bool) error {
	data, err := f.Read(name, maxJSON)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrCheckpoint, name, err)
	}
	return nil
}

// load is the content of a weights file, mapped if possible.
func (f *Files) load(name string) ([]byte, error) {
	if f.root != "" {
		data, unmap, err := mapFile(filepath.Join(f.root, filepath.FromSlash(name)))
		if err == nil {
			f.unmap = append(f.unmap, unmap)
			return data, nil
		}
		if !errors.Is(err, errors.ErrUnsupported) {
			return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
		}
	}
	data, err := fs.ReadFile(f.fsys, name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	return data, nil
}

// tensors reads all weights: model.safetensors, or the files that its index names.
func (f *Files) tensors() (map[string]tensorInfo, error) {
	const single, index = "model.safetensors", "model.safetensors.index.json"
	if _, err := fs.Stat(f.fsys, index); err == nil {
		return f.sharded(index)
	}
	data, err := f.load(single)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: neither %s nor %s is there (only safetensors are read)", ErrCheckpoint, single, index)
	}
	if err != nil {
		return nil, err
	}
	return parseSafetensors(single, data)
}

func (f *Files) sharded(index string) (map[string]tensorInfo, error) {
	var idx struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := f.readJSON(index, &idx, false); err != nil {
		return nil, err
	}
	var shards []string
	for _, name := range idx.WeightMap {
		if !fs.ValidPath(name) || path.Dir(name) != "." {
			return nil, fmt.Errorf("%w: %s names the file %.100q", ErrCheckpoint, index, name)
		}
		shards = append(shards, name)
	}
	slices.Sort(shards)
	out := make(map[string]tensorInfo, len(idx.WeightMap))
	for _, shard := range slices.Compact(shards) {
		data, err := f.load(shard)
		if err != nil {
			return nil, err
		}
		part, err := parseSafetensors(shard, data)
		if err != nil {
			return nil, err
		}
		for name, t := range part {
			if idx.WeightMap[name] == shard {
				out[name] = t
			}
		}
	}
	for name, shard := range idx.WeightMap {
		if _, ok := out[name]; !ok {
			return nil, fmt.Errorf("%w: %s lacks tensor %.100q, which %s promises", ErrCheckpoint, shard, name, index)
		}
	}
	return out, nil
}

// locate finds the directory with config.json: the root, or where an MLflow
// model with the transformers flavor keeps its weights.
func locate(f *Files) (*Files, error) {
	if _, err := fs.Stat(f.fsys, "config.json"); err == nil {
		return f, nil
	}
	sub, task, err := mlflowModel(f.fsys)
	if err != nil {
		return nil, err
	}
	f.Task = task
	below, err := fs.Sub(f.fsys, sub)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	f.fsys = below
	if f.root != "" {
		f.root = filepath.Join(f.root, filepath.FromSlash(sub))
	}
	return f, nil
}
