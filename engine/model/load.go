package model

import "github.com/inference-iac/terraform-provider-inference/engine/backend"

// LoadDecoder reads config and weights of a causal model.
func LoadDecoder(f *Files, b backend.Backend, format backend.Format) (*Decoder, error) {
	c, fam, err := readConfig(f)
	if err != nil {
		return nil, err
	}
	tensors, err := f.tensors()
	if err != nil {
		return nil, err
	}
	return newDecoder(c, fam, &loader{tensors: tensors, backend: b, format: format})
}
