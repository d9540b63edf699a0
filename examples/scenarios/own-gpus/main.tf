# A model on GPUs of your own: the endpoint is a custom model on a GPU workload type, and the mock server starts the
# engine that serves it, on as many GPUs as the type has. Beside this file:
#
#   export HF_TOKEN=…
#   mockserver --listen 127.0.0.1:8765 --gpus A100=4 --engines engines.yaml
#
# The apply ends when the engine serves the model. Without --engines the bundled model answers, on any machine.

terraform {
  required_version = ">= 1.11"

  required_providers {
    inference = {
      source = "inference-iac/inference"
    }
  }
}

provider "inference" {}

variable "workload_type" {
  description = "GPUs of one replica: GPU_LARGE is one A100, GPU_LARGE_2 are two."
  type        = string
  default     = "GPU_LARGE"
}

variable "model_version" {
  description = "Version of the model. While another one loads, the old one serves on."
  type        = string
  default     = "3"
}

resource "inference_serving_endpoint" "chat" {
  name = "own-gpus"
}

resource "inference_served_entity" "llama" {
  endpoint_name         = inference_serving_endpoint.chat.name
  name                  = "llama"
  entity_name           = "system.ai.llama_3_1_8b_instruct"
  entity_version        = var.model_version
  workload_type         = var.workload_type
  workload_size         = "Small"
  scale_to_zero_enabled = false
}

output "endpoint_name" {
  value = inference_served_entity.llama.endpoint_name # known when the entity serves
}

output "openai_base_url" {
  description = "Base URL for OpenAI clients; the model is the endpoint's name."
  value       = inference_serving_endpoint.chat.openai_base_url
}
