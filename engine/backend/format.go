package backend

import (
	"errors"
	"fmt"
)

// ErrFormat means that a number format is unknown or that a tensor cannot take it.
var ErrFormat = errors.New("unsupported number format")

// Format is the number format that weights are computed in.
type Format string

// The formats of weights. Activations and the KV cache are always float32.
const (
	AsStored Format = ""     // the format of the checkpoint; float16 computes as float32
	F32      Format = "f32"  // 4 bytes a weight
	BF16     Format = "bf16" // 2 bytes a weight
	Int8     Format = "int8" // 1 byte a weight and one scale a row; activations are quantised to 16 bits
)

// Validate answers ErrFormat for a format that no backend knows.
func (f Format) Validate() error {
	switch f {
	case AsStored, F32, BF16, Int8:
		return nil
	}
	return fmt.Errorf("%w: %q (known: \"\", \"f32\", \"bf16\", \"int8\")", ErrFormat, string(f))
}

// DType is the number format that a checkpoint stores, by its safetensors name.
type DType string

// The stored formats that a backend takes.
const (
	StoredF32  DType = "F32"
	StoredF16  DType = "F16"
	StoredBF16 DType = "BF16"
)

// Size is the number of bytes of one element; 0 for an unknown type.
func (d DType) Size() int {
	switch d {
	case StoredF32:
		return 4
	case StoredF16, StoredBF16:
		return 2
	}
	return 0
}
