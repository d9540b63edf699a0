package upstream

// engineKind is what engines of one make have in common besides the OpenAI protocol.
type engineKind struct {
	health  string // the path that says whether the engine runs; empty: it has none
	metrics string // the path of its metrics; empty: it has none
	names   metricNames
	takes   features
}

// metricNames are an engine's words for what we measure. Where versions differ the first that is there counts.
type metricNames struct {
	ttft, tpot, latency    []string // histograms in seconds
	running, waiting, used []string // gauges; used is the share of the KV cache, 0 to 1
}

// engineKinds is what is known of each engine, after its own documentation.
func engineKinds() map[string]engineKind {
	all := features{n: true, topK: true, seed: true, logprobs: true}
	return map[string]engineKind{
		"vllm": {
			health: "/health", metrics: "/metrics", takes: all,
			names: metricNames{
				ttft:    []string{"vllm:time_to_first_token_seconds"},
				tpot:    []string{"vllm:request_time_per_output_token_seconds", "vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds"},
				latency: []string{"vllm:e2e_request_latency_seconds"},
				running: []string{"vllm:num_requests_running"},
				waiting: []string{"vllm:num_requests_waiting"},
				used:    []string{"vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"},
			},
		},
		"trtllm": {
			health: "/health", metrics: "/prometheus/metrics", takes: all,
			names: metricNames{
				ttft:    []string{"trtllm_time_to_first_token_seconds", "trtllm:time_to_first_token_seconds"},
				tpot:    []string{"trtllm_time_per_output_token_seconds", "trtllm:time_per_output_token_seconds"},
				latency: []string{"trtllm_e2e_request_latency_seconds", "trtllm:e2e_request_latency_seconds"},
				running: []string{"trtllm_num_requests_running"},
				waiting: []string{"trtllm_num_requests_waiting"},
				used:    []string{"trtllm_kv_cache_utilization"},
			},
		},
		"sglang": {
			health: "/health", metrics: "/metrics", takes: all,
			names: metricNames{
				ttft:    []string{"sglang:time_to_first_token_seconds"},
				tpot:    []string{"sglang:inter_token_latency_seconds", "sglang:time_per_output_token_seconds"},
				latency: []string{"sglang:e2e_request_latency_seconds"},
				running: []string{"sglang:num_running_reqs"},
				waiting: []string{"sglang:num_queue_reqs"},
				used:    []string{"sglang:token_usage"},
			},
		},
		"llamacpp": {
			health: "/health", metrics: "/metrics", takes: features{topK: true, seed: true, logprobs: true},
			names: metricNames{
				running: []string{"llamacpp:requests_processing"},
				waiting: []string{"llamacpp:requests_deferred"},
				used:    []string{"llamacpp:kv_cache_usage_ratio"},
			},
		},
		"ollama": {health: "/", takes: features{seed: true, logprobs: true}},
		"openai": {takes: features{n: true, seed: true, logprobs: true}},
	}
}
