package tiny

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing/fstest"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
	"github.com/inference-iac/terraform-provider-inference/engine/checkpoint"
	"github.com/inference-iac/terraform-provider-inference/engine/model"
)

// Sizes of all tiny models. Key heads are half of the heads where a family can
// share them.
const (
	Hidden  = 64
	Layers  = 2
	Heads   = 4
	FFN     = 96
	Vocab   = 1024 // of the embedded tokenizer
	Context = 256
	Experts = 4

	GoldenSeed = 11 // of the checkpoints that the goldens come from
)

// Architectures are the names that FS knows.
func Architectures() []string {
	return []string{"LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "MixtralForCausalLM", "MPTForCausalLM", "BertModel", "NewModel"}
}

type object = map[string]any

// FS is a checkpoint of an architecture, with the embedded model's tokenizer and
// weights stored as dtype.
func FS(name string, dtype backend.DType, seed uint64) (fstest.MapFS, error) {
	architecture, option, _ := strings.Cut(name, "+")
	b := &builder{random: rand.New(rand.NewPCG(seed, 1)), option: option}
	config := b.build(architecture)
	if config == nil {
		return nil, fmt.Errorf("no tiny %s", architecture)
	}
	config["architectures"] = []string{architecture}
	text, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	var weights bytes.Buffer
	if err := model.WriteSafetensors(&weights, b.tensors, dtype); err != nil {
		return nil, err
	}
	out := fstest.MapFS{"config.json": {Data: text}, "model.safetensors": {Data: weights.Bytes()}}
	for _, name := range []string{"tokenizer.json", "tokenizer_config.json"} {
		data, err := fs.ReadFile(checkpoint.Files(), name)
		if err != nil {
			return nil, err
		}
		out[name] = &fstest.MapFile{Data: data}
	}
	return out, nil
}

// builder collects tensors.
type builder struct {
	random  *rand.Rand
	option  string
	tensors []model.NamedTensor
}

func (b *builder) matrix(name string, rows, cols int, std float64) {
	t := model.NamedTensor{Name: name, Rows: rows, Cols: cols, Values: make([]float32, rows*cols)}
	for i := range t.Values {
		t.Values[i] = float32(b.random.NormFloat64() * std)
	}
	b.tensors = append(b.tensors, t)
}

// vector is around center, so that no weight hides behind a one or a zero.
func (b *builder) vector(name string, n int, center float64) {
	t := model.NamedTensor{Name: name, Rows: n, Values: make([]float32, n)}
	for i := range t.Values {
		t.Values[i] = float32(center + b.random.NormFloat64()*0.1)
	}
	b.tensors = append(b.tensors, t)
}

// linear is a matrix with, if asked for, its bias.
func (b *builder) linear(name string, rows, cols int, bias bool) {
	b.matrix(name+".weight", rows, cols, 0.15)
	if bias {
		b.vector(name+".bias", rows, 0)
	}
}

func (b *builder) norm(name string, bias bool) {
	b.vector(name+".weight", Hidden, 1)
	if bias {
		b.vector(name+".bias", Hidden, 0)
	}
}

func (b *builder) build(architecture string) object {
	switch architecture {
	case "MPTForCausalLM":
		return b.mpt()
	case "BertModel":
		return b.bert()
	case "NewModel":
		return b.gte()
	}
	if strings.HasSuffix(architecture, "ForCausalLM") {
		return b.llama(architecture)
	}
	return nil
}

// llama and its relatives.
func (b *builder) llama(architecture string) object {
	const dim = Hidden / Heads
	qwen, mixtral := architecture == "Qwen2ForCausalLM", architecture == "MixtralForCausalLM"
	c := object{
		"hidden_size": Hidden, "intermediate_size": FFN, "num_hidden_layers": Layers, "num_attention_heads": Heads,
		"num_key_value_heads": Heads / 2, "vocab_size": Vocab, "max_position_embeddings": Context, "rms_norm_eps": 1e-5,
		"rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": qwen, "bos_token_id": 1018, "eos_token_id": 1019,
	}
	if architecture == "MistralForCausalLM" {
		c["sliding_window"] = 12
	}
	if scaling := ropeScaling(b.option); scaling != nil {
		c["rope_scaling"] = scaling
	}
	if mixtral {
		c["num_local_experts"], c["num_experts_per_tok"] = Experts, 2
	}
	b.matrix("model.embed_tokens.weight", Vocab, Hidden, 0.5)
	for i := range Layers {
		at := fmt.Sprintf("model.layers.%d.", i)
		b.norm(at+"input_layernorm", false)
		b.norm(at+"post_attention_layernorm", false)
		b.linear(at+"self_attn.q_proj", Hidden, Hidden, qwen)
		b.linear(at+"self_attn.k_proj", Heads/2*dim, Hidden, qwen)
		b.linear(at+"self_attn.v_proj", Heads/2*dim, Hidden, qwen)
		b.linear(at+"self_attn.o_proj", Hidden, Hidden, false)
		if !mixtral {
			b.linear(at+"mlp.gate_proj", FFN, Hidden, false)
			b.linear(at+"mlp.up_proj", FFN, Hidden, false)
			b.linear(at+"mlp.down_proj", Hidden, FFN, false)
			continue
		}
		b.linear(at+"block_sparse_moe.gate", Experts, Hidden, false)
		for e := range Experts {
			expert := fmt.Sprintf("%sblock_sparse_moe.experts.%d.", at, e)
			b.linear(expert+"w1", FFN, Hidden, false)
			b.linear(expert+"w2", Hidden, FFN, false)
			b.linear(expert+"w3", FFN, Hidden, false)
		}
	}
	b.norm("model.norm", false)
	if !qwen {
		b.matrix("lm_head.weight", Vocab, Hidden, 0.15)
	}
	return c
}

func (b *builder) mpt() object {
	b.matrix("transformer.wte.weight", Vocab, Hidden, 0.5)
	for i := range Layers {
		at := fmt.Sprintf("transformer.blocks.%d.", i)
		b.norm(at+"norm_1", false)
		b.norm(at+"norm_2", false)
		if b.option == "qk_ln" {
			b.norm(at+"attn.q_ln", false)
			b.norm(at+"attn.k_ln", false)
		}
		b.linear(at+"attn.Wqkv", 3*Hidden, Hidden, false)
		b.linear(at+"attn.out_proj", Hidden, Hidden, false)
		b.linear(at+"ffn.up_proj", 4*Hidden, Hidden, false)
		b.linear(at+"ffn.down_proj", Hidden, 4*Hidden, false)
	}
	b.norm("transformer.norm_f", false)
	attention := object{"alibi": true, "alibi_bias_max": 8, "qk_ln": b.option == "qk_ln"}
	if b.option == "clip_qkv" {
		attention["clip_qkv"] = 0.5
	}
	return object{
		"d_model": Hidden, "n_heads": Heads, "n_layers": Layers, "expansion_ratio": 4, "max_seq_len": Context, "vocab_size": Vocab,
		"attn_config": attention, "no_bias": true, "eos_token_id": 1019,
	}
}

func (b *builder) encoderConfig() object {
	return object{
		"hidden_size": Hidden, "intermediate_size": FFN, "num_hidden_layers": Layers, "num_attention_heads": Heads,
		"vocab_size": Vocab, "max_position_embeddings": Context, "layer_norm_eps": 1e-12, "hidden_act": "gelu", "type_vocab_size": 2,
	}
}

func (b *builder) bert() object {
	b.matrix("embeddings.word_embeddings.weight", Vocab, Hidden, 0.5)
	b.matrix("embeddings.position_embeddings.weight", Context, Hidden, 0.3)
	b.matrix("embeddings.token_type_embeddings.weight", 2, Hidden, 0.3)
	b.norm("embeddings.LayerNorm", true)
	for i := range Layers {
		at := fmt.Sprintf("encoder.layer.%d.", i)
		for _, name := range []string{"query", "key", "value"} {
			b.linear(at+"attention.self."+name, Hidden, Hidden, true)
		}
		b.linear(at+"attention.output.dense", Hidden, Hidden, true)
		b.norm(at+"attention.output.LayerNorm", true)
		b.linear(at+"intermediate.dense", FFN, Hidden, true)
		b.linear(at+"output.dense", Hidden, FFN, true)
		b.norm(at+"output.LayerNorm", true)
	}
	return b.encoderConfig()
}

func (b *builder) gte() object {
	b.matrix("new.embeddings.word_embeddings.weight", Vocab, Hidden, 0.5)
	b.matrix("new.embeddings.token_type_embeddings.weight", 2, Hidden, 0.3)
	b.norm("new.embeddings.LayerNorm", true)
	for i := range Layers {
		at := fmt.Sprintf("new.encoder.layer.%d.", i)
		b.linear(at+"attention.qkv_proj", 3*Hidden, Hidden, true)
		b.linear(at+"attention.o_proj", Hidden, Hidden, true)
		b.linear(at+"mlp.up_gate_proj", 2*FFN, Hidden, false)
		b.linear(at+"mlp.down_proj", Hidden, FFN, true)
		b.norm(at+"attn_ln", true)
		b.norm(at+"mlp_ln", true)
	}
	c := b.encoderConfig()
	c["position_embedding_type"], c["rope_theta"], c["layer_norm_type"] = "rope", 500000.0, "layer_norm"
	c["rope_scaling"] = object{"type": "ntk", "factor": 2.0}
	return c
}
