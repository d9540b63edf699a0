package model

import "github.com/inference-iac/terraform-provider-inference/engine/backend"

// Load reads config and weights. Exactly one of the results is set: a decoder, or
// an encoder for models that only yield embeddings.
func Load(f *Files, b backend.Backend, format backend.Format) (*Decoder, *Encoder, error) {
	c, fam, err := readConfig(f)
	if err != nil {
		return nil, nil, err
	}
	tensors, err := f.tensors()
	if err != nil {
		return nil, nil, err
	}
	l := &loader{tensors: tensors, backend: b, format: format}
	if c.Encoder {
		e, err := newEncoder(f, c, l)
		return nil, e, err
	}
	d, err := newDecoder(c, fam, l)
	return d, nil, err
}
