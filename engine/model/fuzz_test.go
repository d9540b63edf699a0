package model

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

func FuzzSafetensors(f *testing.F) {
	var b bytes.Buffer
	if err := WriteSafetensors(&b, []NamedTensor{{"a", 2, 3, make([]float32, 6)}, {"b", 2, 0, []float32{1, 2}}}, backend.StoredF32); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	for _, header := range []string{
		`{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`,
		`{"x":{"dtype":"BF16","shape":[1],"data_offsets":[2,0]}}`,
		`{"x":{"dtype":"Q4","shape":[0],"data_offsets":[0,0]},"__metadata__":{}}`,
	} {
		f.Add(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tensors, err := parseSafetensors("fuzz", data)
		if err != nil {
			if !errors.Is(err, ErrCheckpoint) {
				t.Errorf("error without sentinel: %v", err)
			}
			return
		}
		for name, x := range tensors {
			n := 1
			for _, d := range x.shape {
				n *= d
			}
			if s := x.dtype.Size(); s > 0 && n*s != len(x.data) {
				t.Errorf("%s: %v of %s in %d bytes", name, x.shape, x.dtype, len(x.data))
			}
		}
	})
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte(`{"architectures":["LlamaForCausalLM"],"hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"intermediate_size":96,"vocab_size":100,"max_position_embeddings":64,"rms_norm_eps":1e-5,"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":32},"eos_token_id":[1,2]}`))
	f.Add([]byte(`{"architectures":["LlamaForCausalLM"],"hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":96,"vocab_size":100,"max_position_embeddings":64,"rope_scaling":{"rope_type":"yarn","factor":8,"original_max_position_embeddings":32,"mscale":1,"mscale_all_dim":2,"truncate":false}}`))
	f.Add([]byte(`{"architectures":["LlamaForCausalLM"],"hidden_size":16,"num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":96,"vocab_size":100,"max_position_embeddings":64,"original_max_position_embeddings":32,"rope_scaling":{"type":"longrope","short_factor":[1,2],"long_factor":[3,4]}}`))
	f.Add([]byte(`{"architectures":["MPTForCausalLM"],"d_model":64,"n_heads":6,"n_layers":2,"expansion_ratio":4,"max_seq_len":64,"vocab_size":100,"attn_config":{"alibi":true,"alibi_bias_max":8},"head_dim":16}`))
	f.Add([]byte(`{"architectures":["NewModel"],"hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":96,"vocab_size":100,"max_position_embeddings":64,"layer_norm_eps":1e-12,"position_embedding_type":"rope","rope_scaling":{"type":"ntk","factor":2},"hidden_act":"gelu"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var raw jsonConfig
		if json.Unmarshal(data, &raw) != nil {
			return
		}
		c, _, err := parseConfig(raw)
		if err != nil {
			if !errors.Is(err, ErrCheckpoint) && !errors.Is(err, ErrUnsupported) {
				t.Errorf("error without sentinel: %v", err)
			}
			return
		}
		if c.Rope != nil {
			table := make([]float32, c.HeadDim)
			c.Rope.fill(table, c.Context-1)
			for _, v := range table {
				if math.IsNaN(float64(v)) {
					t.Errorf("rotation %v of %+v", table, raw.RopeScaling)
					break
				}
			}
		}
	})
}

// TestFloat16 goes through all halves.
func TestFloat16(t *testing.T) {
	for h := range 1 << 16 {
		data := binary.LittleEndian.AppendUint16(nil, uint16(h))
		v := backend.Tensor{Name: "h", DType: backend.StoredF16, Rows: 1, Cols: 1, Data: data}.Float32()[0]
		back := backend.EncodeValues([]float32{v}, backend.StoredF16)
		if v == v && !bytes.Equal(back, data) {
			t.Fatalf("%#04x is %g and comes back as %x", h, v, back)
		}
	}
	for v, want := range map[float32]uint16{65520: 0x7c00, 65519: 0x7bff, 1e-8: 0, 6e-8: 1, float32(math.Inf(-1)): 0xfc00} {
		if got := binary.LittleEndian.Uint16(backend.EncodeValues([]float32{v}, backend.StoredF16)); got != want {
			t.Errorf("%g: got %#04x, want %#04x", v, got, want)
		}
	}
}
