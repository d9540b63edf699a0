package upstream_test

import (
	"fmt"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

func ExampleParseConfig() {
	c, err := upstream.ParseConfig("engines.yaml", []byte(`
engines:
  - name: a100                          # for messages; default: kind and model
    kind: vllm                          # vllm, trtllm, sglang, llamacpp, ollama, openai; torchserve, also at grpc://host:7070
    base_url: http://10.0.0.5:8000      # loopback and private addresses are fine, link-local ones never
    model: meta-llama/Llama-3.1-8B-Instruct
    key: env:VLLM_API_KEY               # or file:PATH or {{secrets/scope/key}}; never the key itself
    models: [main.default.llama]        # registered names, name/version for one version
    workload_types: [GPU_LARGE]         # and whatever runs on these
    timeouts: {connect: 5s, request: 2m, idle: 30s}
    breaker: {failures: 5, cooldown: 10s}
external:                               # what external models may reach, besides public addresses
  allow: [10.1.0.0/16]
  base_urls: {anthropic: "https://proxy.example.com/anthropic"}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	engines, err := c.Open(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engines.Close()
	_, named := engines.Find("main.default.llama", "3", "CPU")
	_, typed := engines.Find("main.default.other", "1", "GPU_LARGE")
	_, neither := engines.Find("main.default.other", "1", "CPU")
	fmt.Println(named, typed, neither)
	// Output: true true false
}
