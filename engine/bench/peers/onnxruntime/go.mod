module github.com/inference-iac/terraform-provider-inference/engine/bench/peers/onnxruntime

go 1.26.0

require github.com/yalue/onnxruntime_go v1.27.0
