// Command standin is an inference engine without a model, for trying out what launches engines:
//
//	standin --port 8000 --model llama
package main

import (
	"os"

	"github.com/inference-iac/terraform-provider-inference/internal/standin"
)

func main() { os.Exit(standin.Main(os.Args[1:], os.Stdout, os.Stderr)) }
