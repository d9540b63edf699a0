package model

import "fmt"

// family is what tells architectures apart: data, so that one forward pass serves
// all. Names are tensor names; %d is the layer.
type family struct {
	architecture string
	name         string
	encoder      bool
	rope         bool
	configure    func(*Config, jsonConfig) error
	names        names
}

// names are the tensors of a decoder. An empty name: the family has no such
// tensor. Biases are those names with "bias" for "weight" and are read if they
// are there.
type names struct {
	embedding, finalNorm, head string
	attnNorm, ffnNorm          string
	q, k, v, o                 string
	gate, up, down             string
}

// llamaNames are shared by most decoders of the Hugging Face library.
func llamaNames() names {
	return names{
		embedding: "model.embed_tokens.weight", finalNorm: "model.norm.weight", head: "lm_head.weight",
		attnNorm: "model.layers.%d.input_layernorm.weight", ffnNorm: "model.layers.%d.post_attention_layernorm.weight",
		q: "model.layers.%d.self_attn.q_proj.weight", k: "model.layers.%d.self_attn.k_proj.weight",
		v: "model.layers.%d.self_attn.v_proj.weight", o: "model.layers.%d.self_attn.o_proj.weight",
		gate: "model.layers.%d.mlp.gate_proj.weight", up: "model.layers.%d.mlp.up_proj.weight",
		down: "model.layers.%d.mlp.down_proj.weight",
	}
}

// families are the supported architectures.
func families() []family {
	return []family{
		{architecture: "LlamaForCausalLM", name: "llama", rope: true, configure: configureLlama, names: llamaNames()},
		{architecture: "MistralForCausalLM", name: "mistral", rope: true, configure: configureMistral, names: llamaNames()},
		{architecture: "Qwen2ForCausalLM", name: "qwen2", rope: true, configure: configureQwen2, names: llamaNames()},
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

// wantActivation refuses a checkpoint whose feed-forward would be computed wrongly.
func wantActivation(raw jsonConfig, want string) error {
	if raw.HiddenAct != "" && raw.HiddenAct != want {
		return fmt.Errorf("%w: config.json: hidden_act %q is not supported (only %q)", ErrCheckpoint, raw.HiddenAct, want)
	}
	return nil
}
