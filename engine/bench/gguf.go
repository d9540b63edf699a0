package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// ggmlType is how GGUF stores a tensor (github.com/ggml-org/ggml, docs/gguf.md).
type ggmlType uint32

const (
	ggmlF32  ggmlType = 0
	ggmlF16  ggmlType = 1
	ggmlQ80  ggmlType = 8
	ggmlBF16 ggmlType = 30
)

// fileType is the number that general.file_type has for a type.
func (t ggmlType) fileType() uint32 {
	return map[ggmlType]uint32{ggmlF32: 0, ggmlF16: 1, ggmlQ80: 7, ggmlBF16: 32}[t]
}

// encode is values in the type.
func (t ggmlType) encode(values []float32) []byte {
	switch t {
	case ggmlF16:
		return backend.EncodeValues(values, backend.StoredF16)
	case ggmlBF16:
		return backend.EncodeValues(values, backend.StoredBF16)
	case ggmlQ80:
		var out []byte
		for ; len(values) > 0; values = values[groupSize:] {
			q, scale := quantiseGroup(values[:groupSize])
			out = append(out, backend.EncodeValues([]float32{scale}, backend.StoredF16)...)
			for _, v := range q {
				out = append(out, byte(v))
			}
		}
		return out
	}
	return backend.EncodeValues(values, backend.StoredF32)
}

// groupSize is how many weights share a scale in the peers' 8-bit formats.
const groupSize = 32

// quantiseGroup scales a group so that its largest weight becomes ±127.
func quantiseGroup(values []float32) (q [groupSize]int8, scale float32) {
	for _, v := range values {
		scale = max(scale, float32(math.Abs(float64(v)))/127)
	}
	if scale == 0 {
		return q, 0
	}
	for i, v := range values {
		q[i] = int8(math.RoundToEven(float64(v / scale)))
	}
	return q, scale
}

// ggufTensor is a tensor to be written, its shape inner dimension first.
type ggufTensor struct {
	name string
	dims []uint64
	kind ggmlType
	data []float32
}

// ggufTensors names the weights as llama.cpp does.
func (m *weights) ggufTensors(t ggmlType) []ggufTensor {
	in, ffn, vocab := uint64(m.hidden), uint64(m.ffn), uint64(m.vocab)
	q, kv := uint64(m.heads*m.headDim), uint64(m.kvHeads*m.headDim)
	out := []ggufTensor{
		{"token_embd.weight", []uint64{in, vocab}, t, m.embedding},
		{"output_norm.weight", []uint64{in}, ggmlF32, m.norm},
	}
	for i, l := range m.layers {
		at := fmt.Sprintf("blk.%d.", i)
		out = append(out,
			ggufTensor{at + "attn_norm.weight", []uint64{in}, ggmlF32, l.attnNorm},
			ggufTensor{at + "attn_q.weight", []uint64{in, q}, t, m.interleave(l.q, m.heads)},
			ggufTensor{at + "attn_k.weight", []uint64{in, kv}, t, m.interleave(l.k, m.kvHeads)},
			ggufTensor{at + "attn_v.weight", []uint64{in, kv}, t, l.v},
			ggufTensor{at + "attn_output.weight", []uint64{q, in}, t, l.o},
			ggufTensor{at + "ffn_norm.weight", []uint64{in}, ggmlF32, l.ffnNorm},
			ggufTensor{at + "ffn_gate.weight", []uint64{in, ffn}, t, l.gate},
			ggufTensor{at + "ffn_up.weight", []uint64{in, ffn}, t, l.up},
			ggufTensor{at + "ffn_down.weight", []uint64{ffn, in}, t, l.d},
		)
	}
	return out
}

// interleave puts rows i and i + dim/2 of each head side by side, the pairs that
// llama.cpp rotates.
func (m *weights) interleave(w []float32, heads int) []float32 {
	out := make([]float32, 0, len(w))
	row := func(i int) []float32 { return w[i*m.hidden : (i+1)*m.hidden] }
	for h := range heads {
		for i := range m.headDim / 2 {
			out = append(out, row(h*m.headDim+i)...)
			out = append(out, row(h*m.headDim+m.headDim/2+i)...)
		}
	}
	return out
}

// ggufHeader collects metadata.
type ggufHeader struct {
	bytes.Buffer
	n uint64
}

// Metadata value types.
const (
	ggufU32    = 4
	ggufF32    = 6
	ggufString = 8
)

// word writes values that a bytes.Buffer cannot refuse.
func (h *ggufHeader) word(values ...any) {
	for _, v := range values {
		if s, ok := v.(string); ok {
			h.word(uint64(len(s)))
			h.WriteString(s)
			continue
		}
		_ = binary.Write(h, binary.LittleEndian, v)
	}
}

func (h *ggufHeader) set(key string, kind uint32, value any) {
	h.n++
	h.word(key, kind, value)
}

// writeGGUF writes the weights for llama.cpp, without a vocabulary.
func (m *weights) writeGGUF(path string, t ggmlType) (err error) {
	var h ggufHeader
	h.set("general.architecture", ggufString, "llama")
	h.set("general.name", ggufString, "bench")
	h.set("general.file_type", ggufU32, t.fileType())
	h.set("tokenizer.ggml.model", ggufString, "none")
	for key, v := range map[string]int{
		"block_count": len(m.layers), "context_length": m.context, "embedding_length": m.hidden, "feed_forward_length": m.ffn,
		"attention.head_count": m.heads, "attention.head_count_kv": m.kvHeads, "rope.dimension_count": m.headDim, "vocab_size": m.vocab,
	} {
		h.set("llama."+key, ggufU32, uint32(v))
	}
	h.set("llama.attention.layer_norm_rms_epsilon", ggufF32, float32(m.eps))
	h.set("llama.rope.freq_base", ggufF32, float32(m.theta))
	tensors := m.ggufTensors(t)
	var start ggufHeader
	start.word([]byte("GGUF"), uint32(3), uint64(len(tensors)), h.n, h.Bytes())
	encoded := make([][]byte, len(tensors))
	offset := 0
	for i, x := range tensors {
		encoded[i] = pad(x.kind.encode(x.data))
		start.word(x.name, uint32(len(x.dims)), x.dims, uint32(x.kind), uint64(offset))
		offset += len(encoded[i])
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	_, err = w.Write(pad(start.Bytes()))
	for _, data := range encoded {
		if err == nil {
			_, err = w.Write(data)
		}
	}
	if err == nil {
		err = w.Flush()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// pad fills up to GGUF's alignment.
func pad(data []byte) []byte {
	return append(data, make([]byte, (32-len(data)%32)%32)...)
}
