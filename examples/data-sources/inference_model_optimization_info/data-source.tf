data "inference_model_optimization_info" "llama" {
  model_name    = "system.ai.llama_3_1_8b_instruct"
  model_version = "3"
}

output "smallest_throughput" {
  value = data.inference_model_optimization_info.llama.throughput_chunk_size
}
