// Command standin is an inference engine without a model. It takes a command line of vLLM, for trying out what
// launches engines:
//
//	standin serve meta-llama/Llama-3.1-8B-Instruct --served-model-name llama --port 8000
package main

import (
	"os"

	"github.com/inference-iac/terraform-provider-inference/internal/standin"
)

func main() { os.Exit(standin.Main(os.Args[1:], os.Stdout, os.Stderr)) }
