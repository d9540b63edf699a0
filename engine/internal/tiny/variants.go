package tiny

// Variants are architectures with an option of their config.json behind a plus;
// FS knows them too.
func Variants() []string {
	return []string{"LlamaForCausalLM+llama3", "LlamaForCausalLM+yarn", "LlamaForCausalLM+longrope", "MPTForCausalLM+clip_qkv", "MPTForCausalLM+qk_ln"}
}

// ropeScaling is the section of config.json, nil for none.
func ropeScaling(kind string) object {
	switch kind {
	case "llama3":
		return object{"rope_type": kind, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": Context / 4}
	case "yarn":
		return object{"rope_type": kind, "factor": 4.0, "original_max_position_embeddings": Context / 4}
	case "longrope":
		return object{
			"rope_type": kind, "factor": 4.0, "original_max_position_embeddings": Context / 4,
			"short_factor": []float64{1, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6}, "long_factor": []float64{1, 1.2, 1.7, 2.1, 2.6, 3.1, 3.5, 3.9},
		}
	}
	return nil
}
