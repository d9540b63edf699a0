package model

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// newEncoder takes the weights over. Some checkpoints put the model's name before
// all names of tensors.
func newEncoder(f *Files, c Config, l *loader) (*Encoder, error) {
	e := &Encoder{Config: c, backend: l.backend, heads: backend.Heads{
		Query: c.Heads, KV: c.Heads, Dim: c.HeadDim, Scale: float32(1 / math.Sqrt(float64(c.HeadDim))),
	}}
	if err := e.readPooling(f); err != nil {
		return nil, err
	}
	root := ""
	for _, prefix := range []string{"bert.", "new."} {
		if _, ok := l.tensors[prefix+"embeddings.word_embeddings.weight"]; ok {
			root = prefix
		}
	}
	e.words = l.tensor(root+"embeddings.word_embeddings.weight", c.Vocab, c.Hidden)
	if c.Rope == nil {
		e.positions = l.tensor(root+"embeddings.position_embeddings.weight", c.Context, c.Hidden)
	}
	if c.Types > 0 {
		if t := l.tensor(root+"embeddings.token_type_embeddings.weight", c.Types, c.Hidden); l.err == nil {
			e.types = make([]float32, c.Hidden)
			t.Row(e.types, 0)
		}
	}
	e.embeddingNorm = l.norm(root+"embeddings.LayerNorm.weight", c.Hidden)
	newLayer := bertLayer
	if c.Rope != nil {
		newLayer = gteLayer
	}
	for i := range c.Layers {
		if e.layers = append(e.layers, newLayer(l, c, fmt.Sprintf("%sencoder.layer.%d.", root, i))); l.err != nil {
			return nil, l.err
		}
	}
	e.Parameters, e.WeightBytes = l.parameters, l.bytes
	return e, l.err
}

func bertLayer(l *loader, c Config, at string) encoderLayer {
	var weights []string
	var qkv []backend.Matrix
	for _, name := range []string{"query", "key", "value"} {
		w := at + "attention.self." + name + ".weight"
		weights, qkv = append(weights, w), append(qkv, l.matrix(w, c.Hidden, c.Hidden))
	}
	o, up, down := at+"attention.output.dense.weight", at+"intermediate.dense.weight", at+"output.dense.weight"
	return encoderLayer{
		qkv: qkv, qkvBias: joinBiases(l, weights, []int{c.Hidden, c.Hidden, c.Hidden}),
		o: l.matrix(o, c.Hidden, c.Hidden), oBias: l.bias(o, c.Hidden),
		attnNorm: l.norm(at+"attention.output.LayerNorm.weight", c.Hidden),
		up:       l.matrix(up, c.FFN, c.Hidden), upBias: l.bias(up, c.FFN),
		down: l.matrix(down, c.Hidden, c.FFN), downBias: l.bias(down, c.Hidden),
		ffnNorm: l.norm(at+"output.LayerNorm.weight", c.Hidden),
	}
}

func gteLayer(l *loader, c Config, at string) encoderLayer {
	qkv, o := at+"attention.qkv_proj.weight", at+"attention.o_proj.weight"
	up, down := at+"mlp.up_gate_proj.weight", at+"mlp.down_proj.weight"
	return encoderLayer{
		qkv: []backend.Matrix{l.matrix(qkv, 3*c.Hidden, c.Hidden)}, qkvBias: l.bias(qkv, 3*c.Hidden),
		o: l.matrix(o, c.Hidden, c.Hidden), oBias: l.bias(o, c.Hidden),
		attnNorm: l.norm(at+"attn_ln.weight", c.Hidden), ffnNorm: l.norm(at+"mlp_ln.weight", c.Hidden),
		up: l.matrix(up, 2*c.FFN, c.Hidden), upBias: l.bias(up, 2*c.FFN), gated: true,
		down: l.matrix(down, c.Hidden, c.FFN), downBias: l.bias(down, c.Hidden),
	}
}

// readPooling reads what sentence-transformers puts beside the weights. Without
// it the first token counts for GTE and the mean for BERT, and nothing is normalised.
func (e *Encoder) readPooling(f *Files) error {
	e.CLS = e.Family == "gte"
	var pooling struct {
		CLS  bool `json:"pooling_mode_cls_token"`
		Mean bool `json:"pooling_mode_mean_tokens"`
	}
	if err := f.readJSON("1_Pooling/config.json", &pooling, true); err != nil {
		return err
	}
	if pooling.CLS || pooling.Mean {
		e.CLS = pooling.CLS
	}
	data, err := f.Read("modules.json", maxJSON)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	e.Normalise = strings.Contains(string(data), "sentence_transformers.models.Normalize")
	return nil
}
