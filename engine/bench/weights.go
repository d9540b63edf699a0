package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
	"github.com/inference-iac/terraform-provider-inference/engine/model"
)

// shape is the size of a Llama.
type shape struct {
	hidden, layers, heads, kvHeads, headDim, ffn, vocab, context int
	eps, theta                                                   float64
}

// forty is the model of all tables: 40 million parameters, output tied to the embedding.
func forty() shape {
	return shape{hidden: 512, layers: 8, heads: 8, kvHeads: 4, headDim: 64, ffn: 1408, vocab: 32000, context: 8192, eps: 1e-5, theta: 10000}
}

// layerWeights are one block's, rows of outputs by columns of inputs.
type layerWeights struct {
	attnNorm, ffnNorm       []float32
	q, k, v, o, gate, up, d []float32
}

// weights are random, the same in every run.
type weights struct {
	shape
	embedding, norm []float32
	layers          []layerWeights
}

func newWeights(s shape) *weights {
	r := rand.New(rand.NewPCG(42, 7))
	normal := func(n int, mean, std float64) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(mean + r.NormFloat64()*std)
		}
		return v
	}
	in := 1 / math.Sqrt(float64(s.hidden))
	m := &weights{shape: s, embedding: normal(s.vocab*s.hidden, 0, 0.5), norm: normal(s.hidden, 1, 0)}
	q, kv := s.heads*s.headDim, s.kvHeads*s.headDim
	for range s.layers {
		m.layers = append(m.layers, layerWeights{
			attnNorm: normal(s.hidden, 1, 0.05), ffnNorm: normal(s.hidden, 1, 0.05),
			q: normal(q*s.hidden, 0, in), k: normal(kv*s.hidden, 0, in), v: normal(kv*s.hidden, 0, in),
			o:    normal(s.hidden*q, 0, 0.5/math.Sqrt(float64(q))),
			gate: normal(s.ffn*s.hidden, 0, in), up: normal(s.ffn*s.hidden, 0, in),
			d: normal(s.hidden*s.ffn, 0, 0.5/math.Sqrt(float64(s.ffn))),
		})
	}
	return m
}

// writeCheckpoint writes a Hugging Face directory in float32.
func (m *weights) writeCheckpoint(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	config := map[string]any{
		"architectures": []string{"LlamaForCausalLM"}, "model_type": "llama", "hidden_act": "silu",
		"hidden_size": m.hidden, "num_hidden_layers": len(m.layers), "num_attention_heads": m.heads,
		"num_key_value_heads": m.kvHeads, "head_dim": m.headDim, "intermediate_size": m.ffn,
		"vocab_size": m.vocab, "max_position_embeddings": m.context, "rms_norm_eps": m.eps,
		"rope_theta": m.theta, "tie_word_embeddings": true, "torch_dtype": "float32",
	}
	vocab := make(map[string]int, m.vocab)
	for i := range m.vocab {
		vocab[word(i)] = i
	}
	tokenizer := map[string]any{
		"version":       "1.0",
		"pre_tokenizer": map[string]any{"type": "WhitespaceSplit"},
		"model": map[string]any{
			"type": "WordPiece", "unk_token": word(0), "continuing_subword_prefix": "##",
			"max_input_chars_per_word": 16, "vocab": vocab,
		},
	}
	for name, v := range map[string]any{"config.json": config, "tokenizer.json": tokenizer} {
		data, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	f, err := os.Create(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		return err
	}
	if err := model.WriteSafetensors(f, m.tensors(), backend.StoredF32); err != nil {
		_ = f.Close() // the first error counts
		return err
	}
	return f.Close()
}

// word is the text of a token.
func word(i int) string { return fmt.Sprintf("w%05d", i) }

func (m *weights) tensors() []model.NamedTensor {
	q, kv := m.heads*m.headDim, m.kvHeads*m.headDim
	out := []model.NamedTensor{
		{Name: "model.embed_tokens.weight", Rows: m.vocab, Cols: m.hidden, Values: m.embedding},
		{Name: "model.norm.weight", Rows: m.hidden, Values: m.norm},
	}
	for i, l := range m.layers {
		at := fmt.Sprintf("model.layers.%d.", i)
		out = append(out,
			model.NamedTensor{Name: at + "input_layernorm.weight", Rows: m.hidden, Values: l.attnNorm},
			model.NamedTensor{Name: at + "post_attention_layernorm.weight", Rows: m.hidden, Values: l.ffnNorm},
			model.NamedTensor{Name: at + "self_attn.q_proj.weight", Rows: q, Cols: m.hidden, Values: l.q},
			model.NamedTensor{Name: at + "self_attn.k_proj.weight", Rows: kv, Cols: m.hidden, Values: l.k},
			model.NamedTensor{Name: at + "self_attn.v_proj.weight", Rows: kv, Cols: m.hidden, Values: l.v},
			model.NamedTensor{Name: at + "self_attn.o_proj.weight", Rows: m.hidden, Cols: q, Values: l.o},
			model.NamedTensor{Name: at + "mlp.gate_proj.weight", Rows: m.ffn, Cols: m.hidden, Values: l.gate},
			model.NamedTensor{Name: at + "mlp.up_proj.weight", Rows: m.ffn, Cols: m.hidden, Values: l.up},
			model.NamedTensor{Name: at + "mlp.down_proj.weight", Rows: m.hidden, Cols: m.ffn, Values: l.d},
		)
	}
	return out
}
