package cpu

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// matrix is a weight; one of its slices is set, rows × cols.
type matrix struct {
	rows, cols int
	f32        []float32
	bf16       []uint16
	int8       []int8
	scale      []float32 // of each row of int8
	mapped     bool
}

// Shape implements backend.Matrix.
func (m *matrix) Shape() (rows, cols int) { return m.rows, m.cols }

// Bytes implements backend.Matrix.
func (m *matrix) Bytes() int {
	return 4*len(m.f32) + 2*len(m.bf16) + len(m.int8) + 4*len(m.scale)
}

// Mapped implements backend.Matrix.
func (m *matrix) Mapped() bool { return m.mapped }

// Matrix implements backend.Backend.
func (b *Backend) Matrix(t backend.Tensor, f backend.Format) (backend.Matrix, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	m := &matrix{rows: t.Rows, cols: t.Cols}
	switch {
	case f == backend.Int8:
		m.int8, m.scale = quantiseRows(&b.memory, t)
	case f == backend.BF16 || f == backend.AsStored && t.DType == backend.StoredBF16:
		m.bf16, m.mapped = asBF16(&b.memory, t)
	case f == backend.F32 || f == backend.AsStored:
		m.f32, m.mapped = asF32(&b.memory, t)
	default:
		return nil, fmt.Errorf("tensor %s: %w: %q", t.Name, backend.ErrFormat, string(f))
	}
	return m, nil
}

// view is data as elements of T without a copy, where alignment and byte order allow.
func view[T uint16 | float32](data []byte) ([]T, bool) {
	var zero T
	if len(data) == 0 || binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return nil, false
	}
	p := unsafe.Pointer(unsafe.SliceData(data))
	if uintptr(p)%unsafe.Alignof(zero) != 0 {
		return nil, false
	}
	return unsafe.Slice((*T)(p), len(data)/int(unsafe.Sizeof(zero))), true
}

func asF32(a *arena, t backend.Tensor) (values []float32, mapped bool) {
	if t.DType == backend.StoredF32 {
		if v, ok := view[float32](t.Data); ok {
			return v, true
		}
	}
	values = takeOf[float32](a, t.Rows*t.Cols)
	for r := range t.Rows {
		t.Row(values[r*t.Cols:], r)
	}
	return values, false
}

func asBF16(a *arena, t backend.Tensor) (values []uint16, mapped bool) {
	if t.DType == backend.StoredBF16 {
		if v, ok := view[uint16](t.Data); ok {
			return v, true
		}
	}
	values = takeOf[uint16](a, t.Rows*t.Cols)
	row := make([]float32, t.Cols)
	for r := range t.Rows {
		t.Row(row, r)
		for i, v := range row {
			values[r*t.Cols+i] = backend.BFloat16(v)
		}
	}
	return values, false
}

// quantiseRows scales each row so that its largest weight becomes ±127.
func quantiseRows(a *arena, t backend.Tensor) (values []int8, scale []float32) {
	values = takeOf[int8](a, t.Rows*t.Cols)
	scale = make([]float32, t.Rows)
	row := make([]float32, t.Cols)
	for r := range t.Rows {
		t.Row(row, r)
		peak := absMax(row)
		if peak == 0 || math.IsInf(float64(peak), 0) || peak != peak {
			continue
		}
		scale[r] = peak / 127
		for i, v := range row {
			values[r*t.Cols+i] = int8(math.RoundToEven(float64(v) * 127 / float64(peak)))
		}
	}
	return values, scale
}
