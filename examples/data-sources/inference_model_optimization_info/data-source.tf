data "inference_model_optimization_info" "llama" {
  entity_name    = "system.ai.llama_3_1_8b_instruct"
  entity_version = "3"
}

output "smallest_throughput" {
  value = data.inference_model_optimization_info.llama.throughput_chunk_size
}
