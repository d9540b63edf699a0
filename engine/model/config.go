package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// ErrUnsupported means that the checkpoint is of an architecture that is not implemented.
var ErrUnsupported = errors.New("unsupported model architecture")

// Config is what the forward pass must know, the same for all families.
type Config struct {
	Architecture string // as config.json names it, "LlamaForCausalLM"
	Family       string // "llama"
	Hidden       int
	Layers       int
	Heads        int
	KVHeads      int
	HeadDim      int
	FFN          int
	Vocab        int
	Context      int // most tokens of one sequence
	Eps          float32
	Window       int // positions that a row attends to; 0: all
	Experts      int // 0: a dense model
	ExpertsUsed  int
	Tied         bool // the output weights are the embedding
	EOS          []int
	Rope         *Rope
	Slopes       []float32 // of ALiBi, by head
	Clip         float32   // bound of queries, keys and values; 0: none
	NormQK       bool      // queries and keys are normalised
	Types        int       // token types of an encoder
	Encoder      bool      // sees the whole text at once and yields embeddings
}

// jsonConfig is config.json as far as it is read; MPT and BERT spell some fields
// in their own way.
type jsonConfig struct {
	Architectures         []string   `json:"architectures"`
	HiddenSize            int        `json:"hidden_size"`
	NumHiddenLayers       int        `json:"num_hidden_layers"`
	NumAttentionHeads     int        `json:"num_attention_heads"`
	NumKeyValueHeads      *int       `json:"num_key_value_heads"`
	HeadDim               *int       `json:"head_dim"`
	IntermediateSize      int        `json:"intermediate_size"`
	VocabSize             int        `json:"vocab_size"`
	MaxPositionEmbeddings int        `json:"max_position_embeddings"`
	RMSNormEps            float64    `json:"rms_norm_eps"`
	LayerNormEps          float64    `json:"layer_norm_eps"`
	RopeTheta             float64    `json:"rope_theta"`
	RopeScaling           *ropeJSON  `json:"rope_scaling"`
	OriginalSize          float64    `json:"original_max_position_embeddings"` // of longrope
	RopeParameters        *ropeJSON  `json:"rope_parameters"`
	TieWordEmbeddings     *bool      `json:"tie_word_embeddings"`
	HiddenAct             string     `json:"hidden_act"`
	SlidingWindow         *int       `json:"sliding_window"`
	UseSlidingWindow      *bool      `json:"use_sliding_window"`
	EOS                   intOrInts  `json:"eos_token_id"`
	NumLocalExperts       int        `json:"num_local_experts"`
	NumExpertsPerTok      int        `json:"num_experts_per_tok"`
	Quantization          *struct{}  `json:"quantization_config"`
	DModel                int        `json:"d_model"`
	NHeads                int        `json:"n_heads"`
	NLayers               int        `json:"n_layers"`
	ExpansionRatio        int        `json:"expansion_ratio"`
	MaxSeqLen             int        `json:"max_seq_len"`
	AttnConfig            attnConfig `json:"attn_config"`
	PositionEmbeddingType string     `json:"position_embedding_type"`
	LayerNormType         string     `json:"layer_norm_type"`
	TypeVocabSize         int        `json:"type_vocab_size"`
}

// attnConfig is MPT's section on attention.
type attnConfig struct {
	Alibi     bool     `json:"alibi"`
	AlibiBias float64  `json:"alibi_bias_max"`
	ClipQKV   *float64 `json:"clip_qkv"`
	QKLayer   bool     `json:"qk_ln"`
}

// intOrInts reads 2 as well as [2, 3].
type intOrInts []int

// UnmarshalJSON implements json.Unmarshaler.
func (v *intOrInts) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var one int
	if err := json.Unmarshal(data, &one); err == nil {
		*v = intOrInts{one}
		return nil
	}
	return json.Unmarshal(data, (*[]int)(v))
}

// readConfig reads config.json and generation_config.json, which may add ends of
// sequence.
func readConfig(f *Files) (Config, family, error) {
	var raw jsonConfig
	if err := f.readJSON("config.json", &raw, false); err != nil {
		return Config{}, family{}, err
	}
	var generation struct {
		EOS intOrInts `json:"eos_token_id"`
	}
	if err := f.readJSON("generation_config.json", &generation, true); err != nil {
		return Config{}, family{}, err
	}
	if generation.EOS != nil {
		raw.EOS = generation.EOS
	}
	return parseConfig(raw)
}

func parseConfig(raw jsonConfig) (Config, family, error) {
	known := families()
	name := strings.Join(raw.Architectures, ", ")
	i := slices.IndexFunc(known, func(f family) bool { return f.architecture == name })
	if i < 0 {
		var names []string
		for _, f := range known {
			names = append(names, f.architecture)
		}
		return Config{}, family{}, fmt.Errorf("%w %q (supported: %s)", ErrUnsupported, name, strings.Join(names, ", "))
	}
	fam := known[i]
	c := Config{
		Architecture: name, Family: fam.name,
		Hidden: raw.HiddenSize, Layers: raw.NumHiddenLayers, Heads: raw.NumAttentionHeads,
		FFN: raw.IntermediateSize, Vocab: raw.VocabSize, Context: raw.MaxPositionEmbeddings,
		Experts: raw.NumLocalExperts, ExpertsUsed: raw.NumExpertsPerTok,
		EOS: raw.EOS, Encoder: fam.encoder,
		Eps: float32(raw.RMSNormEps),
	}
	if err := fam.configure(&c, raw); err != nil {
		return Config{}, family{}, err
	}
	c.KVHeads = c.Heads
	if raw.NumKeyValueHeads != nil {
		c.KVHeads = *raw.NumKeyValueHeads
	}
	if c.Heads > 0 {
		c.HeadDim = c.Hidden / c.Heads
	}
	if raw.HeadDim != nil {
		c.HeadDim = *raw.HeadDim
	}
	if raw.Quantization != nil {
		return Config{}, family{}, fmt.Errorf("%w: config.json: weights that are quantised already are not supported", ErrCheckpoint)
	}
	if err := c.validate(); err != nil {
		return Config{}, family{}, err
	}
	if fam.rope {
		rope, err := newRope(raw, c.HeadDim, c.Context)
		if err != nil {
			return Config{}, family{}, err
		}
		c.Rope = rope
	}
	return c, fam, nil
}

// validate refuses sizes that no model has before anything is allocated by them.
func (c Config) validate() error {
	for _, f := range []struct {
		name     string
		value    int
		min, max int
	}{
		{"hidden size", c.Hidden, 1, 1 << 16},
		{"number of layers", c.Layers, 1, 1 << 10},
		{"number of heads", c.Heads, 1, 1 << 10},
		{"number of key-value heads", c.KVHeads, 1, c.Heads},
		{"head size", c.HeadDim, 2, 1 << 10},
		{"feed-forward size", c.FFN, 1, 1 << 18},
		{"vocabulary size", c.Vocab, 2, 1 << 22},
		{"context length", c.Context, 2, 1 << 24},
		{"number of experts", c.Experts, 0, 1 << 10},
		{"experts per token", c.ExpertsUsed, 0, c.Experts},
	} {
		if f.value < f.min || f.value > f.max {
			return fmt.Errorf("%w: config.json: %s is %d, not between %d and %d", ErrCheckpoint, f.name, f.value, f.min, f.max)
		}
	}
	if c.Heads%c.KVHeads != 0 || c.HeadDim%2 != 0 {
		return fmt.Errorf("%w: config.json: %d heads of size %d over %d key-value heads", ErrCheckpoint, c.Heads, c.HeadDim, c.KVHeads)
	}
	if eps := float64(c.Eps); math.IsNaN(eps) || eps < 0 || eps > 1 {
		return fmt.Errorf("%w: config.json: norm epsilon is %g", ErrCheckpoint, eps)
	}
	return nil
}
