package model

import (
	"fmt"
	"math"
)

// family is what tells architectures apart: data, so that one forward pass serves
// all. Names are tensor names; %d is the layer.
type family struct {
	architecture string
	name         string
	encoder      bool
	rope         bool
	layerNorm    bool // LayerNorm instead of RMSNorm
	configure    func(*Config, jsonConfig) error
	names        names
}

// names are the tensors of a decoder. An empty name: the family has no such
// tensor. Biases are those names with "bias" for "weight" and are read if they
// are there.
type names struct {
	embedding, finalNorm, head string
	attnNorm, ffnNorm          string
	qNorm, kNorm               string   // of Config.NormQK
	qkv                        []string // three, or one that holds all
	o                          string
	gateUp                     []string // gate and up; up alone: GELU without a gate
	down                       string
	router                     string   // of a mixture of experts
	experts                    []string // gate, up and down; the second %d is the expert
}

// llamaNames are shared by most decoders of the Hugging Face library.
func llamaNames() names {
	return names{
		embedding: "model.embed_tokens.weight", finalNorm: "model.norm.weight", head: "lm_head.weight",
		attnNorm: "model.layers.%d.input_layernorm.weight", ffnNorm: "model.layers.%d.post_attention_layernorm.weight",
		qkv: []string{
			"model.layers.%d.self_attn.q_proj.weight", "model.layers.%d.self_attn.k_proj.weight", "model.layers.%d.self_attn.v_proj.weight",
		},
		o:      "model.layers.%d.self_attn.o_proj.weight",
		gateUp: []string{"model.layers.%d.mlp.gate_proj.weight", "model.layers.%d.mlp.up_proj.weight"},
		down:   "model.layers.%d.mlp.down_proj.weight",
	}
}

// mixtralNames differ in the feed-forward part.
func mixtralNames() names {
	n := llamaNames()
	n.gateUp, n.down = nil, ""
	n.router = "model.layers.%d.block_sparse_moe.gate.weight"
	n.experts = []string{
		"model.layers.%d.block_sparse_moe.experts.%d.w1.weight",
		"model.layers.%d.block_sparse_moe.experts.%d.w3.weight",
		"model.layers.%d.block_sparse_moe.experts.%d.w2.weight",
	}
	return n
}

func mptNames() names {
	return names{
		embedding: "transformer.wte.weight", finalNorm: "transformer.norm_f.weight", head: "lm_head.weight",
		attnNorm: "transformer.blocks.%d.norm_1.weight", ffnNorm: "transformer.blocks.%d.norm_2.weight",
		qNorm: "transformer.blocks.%d.attn.q_ln.weight", kNorm: "transformer.blocks.%d.attn.k_ln.weight",
		qkv: []string{"transformer.blocks.%d.attn.Wqkv.weight"}, o: "transformer.blocks.%d.attn.out_proj.weight",
		gateUp: []string{"transformer.blocks.%d.ffn.up_proj.weight"}, down: "transformer.blocks.%d.ffn.down_proj.weight",
	}
}

// families are the supported architectures.
func families() []family {
	return []family{
		{architecture: "LlamaForCausalLM", name: "llama", rope: true, configure: configureLlama, names: llamaNames()},
		{architecture: "MistralForCausalLM", name: "mistral", rope: true, configure: configureMistral, names: llamaNames()},
		{architecture: "Qwen2ForCausalLM", name: "qwen2", rope: true, configure: configureQwen2, names: llamaNames()},
		{architecture: "MixtralForCausalLM", name: "mixtral", rope: true, configure: configureMixtral, names: mixtralNames()},
		{architecture: "MPTForCausalLM", name: "mpt", layerNorm: true, configure: configureMPT, names: mptNames()},
		{architecture: "MptForCausalLM", name: "mpt", layerNorm: true, configure: configureMPT, names: mptNames()},
		{architecture: "BertModel", name: "bert", encoder: true, configure: configureBERT},
		{architecture: "NewModel", name: "gte", encoder: true, rope: true, configure: configureGTE},
	}
}

func configureLlama(c *Config, raw jsonConfig) error {
	c.Tied = raw.TieWordEmbeddings != nil && *raw.TieWordEmbeddings
	return wantActivation(raw, "silu")
}

func configureMistral(c *Config, raw jsonConfig) error {
	if raw.SlidingWindow != nil {
		c.Window = *raw.SlidingWindow
	}
	return configureLlama(c, raw)
}

func configureQwen2(c *Config, raw jsonConfig) error {
	if raw.UseSlidingWindow != nil && *raw.UseSlidingWindow {
		return fmt.Errorf("%w: config.json: use_sliding_window is not supported for qwen2", ErrCheckpoint)
	}
	return configureLlama(c, raw)
}

func configureMixtral(c *Config, raw jsonConfig) error {
	if c.Experts < 1 || c.ExpertsUsed < 1 {
		return fmt.Errorf("%w: config.json: %d experts, %d of them for each token", ErrCheckpoint, c.Experts, c.ExpertsUsed)
	}
	return configureMistral(c, raw)
}

// configureMPT reads MPT's own names. Positions come from ALiBi alone.
func configureMPT(c *Config, raw jsonConfig) error {
	a := raw.AttnConfig
	if !a.Alibi {
		return fmt.Errorf("%w: config.json: MPT is supported with ALiBi only", ErrCheckpoint)
	}
	if c.NormQK = a.QKLayer; a.ClipQKV != nil {
		if c.Clip = float32(*a.ClipQKV); !(c.Clip > 0) {
			return fmt.Errorf("%w: config.json: clip_qkv is %g", ErrCheckpoint, *a.ClipQKV)
		}
	}
	c.Hidden, c.Heads, c.Layers, c.Context = raw.DModel, raw.NHeads, raw.NLayers, raw.MaxSeqLen
	ratio := raw.ExpansionRatio
	if ratio == 0 {
		ratio = 4
	}
	if ratio < 0 || ratio > 64 || c.Hidden > 1<<16 || c.Heads < 1 || c.Heads > 1<<10 {
		return fmt.Errorf("%w: config.json: expansion_ratio %d, d_model %d, n_heads %d", ErrCheckpoint, ratio, c.Hidden, c.Heads)
	}
	c.FFN, c.Tied, c.Eps = ratio*c.Hidden, true, 1e-5
	bias := a.AlibiBias
	if bias == 0 {
		bias = 8
	}
	c.Slopes = alibiSlopes(c.Heads, bias)
	return nil
}

// alibiSlopes falls geometrically with the head. For a number of heads that is no
// power of two, every second slope of the next power comes first (MPT's order).
func alibiSlopes(heads int, biasMax float64) []float32 {
	power := 1
	for power < heads {
		power *= 2
	}
	all := make([]float32, power)
	for i := range all {
		all[i] = float32(math.Exp2(-float64(i+1) * biasMax / float64(power)))
	}
	if power == heads {
		return all
	}
	var out []float32
	for _, start := range []int{1, 0} {
		for i := start; i < power; i += 2 {
			out = append(out, all[i])
		}
	}
	return out[:heads]
}

func configureBERT(c *Config, raw jsonConfig) error {
	c.Eps, c.Types = float32(raw.LayerNormEps), raw.TypeVocabSize
	if p := raw.PositionEmbeddingType; p != "" && p != "absolute" {
		return fmt.Errorf("%w: config.json: position_embedding_type %q is not supported for bert", ErrCheckpoint, p)
	}
	return wantActivation(raw, "gelu")
}

func configureGTE(c *Config, raw jsonConfig) error {
	c.Eps, c.Types = float32(raw.LayerNormEps), raw.TypeVocabSize
	if raw.PositionEmbeddingType != "rope" || raw.LayerNormType != "" && raw.LayerNormType != "layer_norm" {
		return fmt.Errorf("%w: config.json: gte is supported with rope and layer_norm", ErrCheckpoint)
	}
	return wantActivation(raw, "gelu")
}

// wantActivation refuses a checkpoint whose feed-forward would be computed wrongly.
func wantActivation(raw jsonConfig, want string) error {
	if raw.HiddenAct != "" && raw.HiddenAct != want {
		return fmt.Errorf("%w: config.json: hidden_act %q is not supported (only %q)", ErrCheckpoint, raw.HiddenAct, want)
	}
	return nil
}
