package model

import (
	"fmt"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// loader takes tensors over, checks their shapes and counts them.
type loader struct {
	tensors    map[string]tensorInfo
	backend    backend.Backend
	format     backend.Format
	parameters int
	bytes      int
	err        error // the first; later calls do nothing
}

// tensor is a matrix of exactly rows × cols; a vector is one row.
func (l *loader) tensor(name string, rows, cols int) backend.Tensor {
	if l.err != nil {
		return backend.Tensor{}
	}
	t, ok := l.tensors[name]
	if !ok {
		l.err = fmt.Errorf("%w: tensor %s is missing", ErrCheckpoint, name)
		return backend.Tensor{}
	}
	want := []int{rows, cols}
	if rows == 1 && len(t.shape) == 1 {
		want = []int{cols}
	}
	if fmt.Sprint(t.shape) != fmt.Sprint(want) {
		l.err = fmt.Errorf("%w: tensor %s has shape %v, config.json means %v", ErrCheckpoint, name, t.shape, want)
		return backend.Tensor{}
	}
	out := backend.Tensor{Name: name, DType: t.dtype, Rows: rows, Cols: cols, Data: t.data}
	if err := out.Validate(); err != nil {
		l.err = fmt.Errorf("%w: %w", ErrCheckpoint, err)
		return backend.Tensor{}
	}
	l.parameters += rows * cols
	return out
}

// matrix is a weight in the backend's layout.
func (l *loader) matrix(name string, rows, cols int) backend.Matrix {
	return l.take(l.tensor(name, rows, cols))
}

// take hands a tensor to the backend.
func (l *loader) take(t backend.Tensor) backend.Matrix {
	if l.err != nil {
		return nil
	}
	m, err := l.backend.Matrix(t, l.format)
	if err != nil {
		l.err = fmt.Errorf("%w: %w", ErrCheckpoint, err)
		return nil
	}
	l.bytes += m.Bytes()
	return m
}

// vector is a small tensor in float32.
func (l *loader) vector(name string, n int) []float32 {
	t := l.tensor(name, 1, n)
	if l.err != nil {
		return nil
	}
	l.bytes += 4 * n
	return t.Float32()
}

// bias is the bias that goes with a weight, nil if the checkpoint has none.
func (l *loader) bias(weight string, n int) []float32 {
	name := strings.TrimSuffix(weight, "weight") + "bias"
	if _, ok := l.tensors[name]; !ok {
		return nil
	}
	return l.vector(name, n)
}

// norm is a normalisation's weight and, if there is one, its bias.
func (l *loader) norm(name string, n int) norm {
	return norm{weight: l.vector(name, n), bias: l.bias(name, n)}
}

// norm is the weights of RMSNorm or LayerNorm.
type norm struct{ weight, bias []float32 }
