# The inline style: one owner lists all that the endpoint serves, and whatever else is on it is removed.

terraform {
  required_version = ">= 1.11"

  required_providers {
    inference = {
      source = "inference-iac/inference"
    }
  }
}

provider "inference" {}

variable "shares" {
  description = "Percentage of the requests by version; 100 together."
  type        = map(number)
  default = {
    "2" = 80
    "3" = 20
  }
}

data "inference_model_optimization_info" "llama" {
  model_name    = "system.ai.llama_3_1_8b_instruct"
  model_version = "3"
}

resource "inference_serving_endpoint" "chat" {
  name = "inline-chat"

  served_entities = {
    for version, share in var.shares : "llama-v${version}" => {
      entity_name                = data.inference_model_optimization_info.llama.model_name
      entity_version             = version
      min_provisioned_throughput = 0
      max_provisioned_throughput = 2 * data.inference_model_optimization_info.llama.throughput_chunk_size
    }
  }

  traffic = { for version, share in var.shares : "llama-v${version}" => share }
}

output "invocations_url" {
  description = "Where requests go."
  value       = inference_serving_endpoint.chat.invocations_url
}
