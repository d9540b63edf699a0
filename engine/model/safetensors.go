package model

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// ErrCheckpoint wraps every error about the content of a checkpoint.
var ErrCheckpoint = errors.New("checkpoint")

// maxHeader is the format's own bound on the header of a safetensors file.
const maxHeader = 100 << 20

// tensorInfo is one tensor of a safetensors file.
type tensorInfo struct {
	dtype backend.DType
	shape []int
	data  []byte
}

// parseSafetensors reads the header of a file and points each tensor at its part
// of data. Format: 8 bytes of header length, a JSON header, the tensors
// (huggingface.co/docs/safetensors).
func parseSafetensors(name string, data []byte) (map[string]tensorInfo, error) {
	fail := func(format string, args ...any) (map[string]tensorInfo, error) {
		return nil, fmt.Errorf("%w: %s: %s", ErrCheckpoint, name, fmt.Sprintf(format, args...))
	}
	if len(data) < 8 {
		return fail("%d bytes are no safetensors file", len(data))
	}
	size := binary.LittleEndian.Uint64(data)
	if size > maxHeader || size > uint64(len(data)-8) {
		return fail("header of %d bytes in a file of %d", size, len(data))
	}
	header, body := data[8:8+size], data[8+size:]
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(header, &entries); err != nil {
		return fail("header: %v", err)
	}
	out := make(map[string]tensorInfo, len(entries))
	for key, raw := range entries {
		if key == "__metadata__" {
			continue
		}
		var e struct {
			DType   string   `json:"dtype"`
			Shape   []uint64 `json:"shape"`
			Offsets []uint64 `json:"data_offsets"`
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			return fail("tensor %.100q: %v", key, err)
		}
		if len(e.Offsets) != 2 || e.Offsets[0] > e.Offsets[1] || e.Offsets[1] > uint64(len(body)) {
			return fail("tensor %.100q: offsets %v are outside the %d bytes of data", key, e.Offsets, len(body))
		}
		if len(e.Shape) > 8 {
			return fail("tensor %.100q has %d dimensions", key, len(e.Shape))
		}
		elements := uint64(1)
		shape := make([]int, len(e.Shape))
		for i, n := range e.Shape {
			if n > math.MaxInt32 || n != 0 && elements > math.MaxInt32*uint64(16)/n {
				return fail("tensor %.100q: shape %v is too large", key, e.Shape)
			}
			elements *= n
			shape[i] = int(n)
		}
		info := tensorInfo{dtype: backend.DType(e.DType), shape: shape, data: body[e.Offsets[0]:e.Offsets[1]]}
		if s := info.dtype.Size(); s != 0 && elements*uint64(s) != uint64(len(info.data)) {
			return fail("tensor %.100q: shape %v of %s does not fill %d bytes", key, e.Shape, e.DType, len(info.data))
		}
		out[key] = info
	}
	return out, nil
}

// NamedTensor is one tensor to be written. A vector has Cols 0.
type NamedTensor struct {
	Name       string
	Rows, Cols int
	Values     []float32
}

// WriteSafetensors writes tensors in the order given, all in one number format.
func WriteSafetensors(w io.Writer, tensors []NamedTensor, dtype backend.DType) error {
	var header bytes.Buffer
	header.WriteString(`{"__metadata__":{"format":"pt"}`)
	offset := 0
	for _, t := range tensors {
		shape := fmt.Sprintf("[%d,%d]", t.Rows, t.Cols)
		if t.Cols == 0 {
			shape = fmt.Sprintf("[%d]", t.Rows)
		}
		n := len(t.Values) * dtype.Size()
		fmt.Fprintf(&header, `,%q:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`, t.Name, dtype, shape, offset, offset+n)
		offset += n
	}
	header.WriteByte('}')
	for header.Len()%8 != 0 {
		header.WriteByte(' ')
	}
	var size [8]byte
	binary.LittleEndian.PutUint64(size[:], uint64(header.Len()))
	if _, err := w.Write(size[:]); err != nil {
		return err
	}
	if _, err := w.Write(header.Bytes()); err != nil {
		return err
	}
	for _, t := range tensors {
		if _, err := w.Write(backend.EncodeValues(t.Values, dtype)); err != nil {
			return err
		}
	}
	return nil
}
