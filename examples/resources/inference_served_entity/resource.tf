resource "inference_serving_endpoint" "chat" {
  name = "chat"
}

# A foundation model with provisioned throughput: tokens per second, in multiples of the model's chunk.
data "inference_model_optimization_info" "llama" {
  model_name    = "system.ai.llama_3_1_8b_instruct"
  model_version = "3"
}

resource "inference_served_entity" "llama" {
  endpoint_name              = inference_serving_endpoint.chat.name
  entity_name                = data.inference_model_optimization_info.llama.model_name
  entity_version             = data.inference_model_optimization_info.llama.model_version
  min_provisioned_throughput = 2 * data.inference_model_optimization_info.llama.throughput_chunk_size
  max_provisioned_throughput = 3 * data.inference_model_optimization_info.llama.throughput_chunk_size
}

# A custom model on a GPU, with a secret that the endpoint resolves when the model starts.
resource "inference_served_entity" "tuned" {
  endpoint_name         = inference_serving_endpoint.chat.name
  name                  = "tuned"
  entity_name           = "ml.llm-catalog.llama-13b"
  entity_version        = "3"
  workload_type         = "GPU_LARGE"
  workload_size         = "Small"
  scale_to_zero_enabled = false

  environment_vars = {
    HF_TOKEN = "{{secrets/models/hugging_face}}"
  }
}

resource "inference_traffic_route" "llama" {
  endpoint_name      = inference_serving_endpoint.chat.name
  served_entity_name = inference_served_entity.llama.name
  traffic_percentage = 100
}
