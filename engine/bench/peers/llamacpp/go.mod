module github.com/inference-iac/terraform-provider-inference/engine/bench/peers/llamacpp

go 1.26.0

require github.com/hybridgroup/yzma v1.24.0

require (
	github.com/ebitengine/purego v0.10.0 // indirect
	github.com/jupiterrider/ffi v0.7.0 // indirect
	golang.org/x/sys v0.42.0 // indirect
)
