package main

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
	"github.com/inference-iac/terraform-provider-inference/engine/model"
)

// contextLength is what the model accepts; it was trained on shorter texts.
const contextLength = 1024

// template writes a chat as batch.go does.
const template = `{{ bos_token }}{% for message in messages %}{{ '<|' + message['role'] + '|>
' + message['content'] | trim + '<|end|>
' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>
' }}{% endif %}`

// export writes a Hugging Face directory.
func export(dir string, n *net, vocab bpe) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	type object = map[string]any
	first := len(vocab.pieces) // id of the first control token
	ends := []int{first + 1, first + 2}
	for name, v := range map[string]any{
		"config.json": object{
			"architectures": []string{"LlamaForCausalLM"}, "model_type": "llama",
			"hidden_size": n.hidden, "intermediate_size": n.ffn, "num_hidden_layers": n.layers,
			"num_attention_heads": n.heads, "num_key_value_heads": n.kvHeads, "head_dim": n.headDim,
			"vocab_size": n.vocab, "max_position_embeddings": contextLength, "rms_norm_eps": n.eps,
			"rope_theta": n.theta, "hidden_act": "silu", "tie_word_embeddings": true, "attention_bias": false,
			"mlp_bias": false, "bos_token_id": first, "eos_token_id": ends, "torch_dtype": "bfloat16",
		},
		"generation_config.json": object{"bos_token_id": first, "eos_token_id": ends},
		"tokenizer_config.json": object{
			"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": beginOfText, "eos_token": endOfText,
			"chat_template": template, "model_max_length": contextLength,
		},
	} {
		data, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), append(data, '\n'), 0o644); err != nil {
			return err
		}
	}
	data, err := vocab.file()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), append(data, '\n'), 0o644); err != nil {
		return err
	}
	return writeWeights(filepath.Join(dir, "model.safetensors"), n)
}

// writeWeights rounds to bfloat16.
func writeWeights(name string, n *net) error {
	var tensors []model.NamedTensor
	for _, p := range n.params {
		tensors = append(tensors, model.NamedTensor{Name: p.name, Rows: p.rows, Cols: p.cols, Values: p.w})
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := model.WriteSafetensors(f, tensors, backend.StoredBF16); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
