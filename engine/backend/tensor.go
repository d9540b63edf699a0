package backend

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Tensor is a matrix as a checkpoint stores it: row-major, little endian. Data
// may be mapped memory and is never written.
type Tensor struct {
	Name       string
	DType      DType
	Rows, Cols int
	Data       []byte
}

// Validate answers an error if Data does not hold Rows × Cols elements.
func (t Tensor) Validate() error {
	size := t.DType.Size()
	if size == 0 {
		return fmt.Errorf("tensor %s: %w: stored as %s", t.Name, ErrFormat, t.DType)
	}
	if t.Rows < 0 || t.Cols < 0 || len(t.Data)%size != 0 || len(t.Data)/size != t.Rows*t.Cols {
		return fmt.Errorf("tensor %s: %d bytes are not %d × %d of %s", t.Name, len(t.Data), t.Rows, t.Cols, t.DType)
	}
	return nil
}

// Row writes row i as float32 into dst [Cols].
func (t Tensor) Row(dst []float32, i int) {
	size := t.DType.Size()
	t.decode(dst[:t.Cols], t.Data[i*t.Cols*size:(i+1)*t.Cols*size])
}

// Float32 is a float32 copy of the whole tensor.
func (t Tensor) Float32() []float32 {
	out := make([]float32, t.Rows*t.Cols)
	t.decode(out, t.Data)
	return out
}

// decode converts len(dst) elements of src.
func (t Tensor) decode(dst []float32, src []byte) {
	switch t.DType {
	case StoredF32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case StoredBF16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
		}
	case StoredF16:
		for i := range dst {
			dst[i] = float16(binary.LittleEndian.Uint16(src[2*i:]))
		}
	}
}

// float16 widens an IEEE 754 half; subnormals, infinities and NaN included.
func float16(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp := uint32(h>>10) & 0x1f
	frac := uint32(h & 0x3ff)
	switch {
	case exp == 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	case exp != 0:
		return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
	}
	v := float32(frac) * (1.0 / (1 << 24))
	if sign != 0 {
		v = -v
	}
	return v
}

// EncodeValues writes values in a stored format, rounded to nearest, ties to even.
func EncodeValues(values []float32, d DType) []byte {
	out := make([]byte, 0, len(values)*d.Size())
	for _, v := range values {
		switch d {
		case StoredF32:
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		case StoredBF16:
			out = binary.LittleEndian.AppendUint16(out, BFloat16(v))
		case StoredF16:
			out = binary.LittleEndian.AppendUint16(out, toFloat16(v))
		}
	}
	return out
}

// BFloat16 rounds to the nearest bfloat16, ties to even.
func BFloat16(v float32) uint16 {
	u := math.Float32bits(v)
	if u&0x7fffffff > 0x7f800000 {
		return uint16(u>>16) | 0x40 // a NaN stays one
	}
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

// toFloat16 rounds to the nearest IEEE 754 half, ties to even.
func toFloat16(v float32) uint16 {
	u := math.Float32bits(v)
	sign := uint16(u >> 16 & 0x8000)
	abs := u & 0x7fffffff
	switch {
	case abs > 0x7f800000:
		return sign | 0x7e00
	case abs >= 0x477ff000: // rounds to at least 65520
		return sign | 0x7c00
	case abs < 0x38800000: // subnormal: multiples of 2^-24
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(abs))*(1<<24)))
	}
	return sign | uint16((abs-0x38000000+0xfff+abs>>13&1)>>13)
}
