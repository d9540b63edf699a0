# A canary is one number: the new version claims its share, and whatever serves besides it keeps the rest.

terraform {
  required_version = ">= 1.11"

  required_providers {
    inference = {
      source = "inference-iac/inference"
    }
  }
}

provider "inference" {}

variable "canary_percentage" {
  description = "Share of the requests that the new version answers."
  type        = number
  default     = 5
}

data "inference_model_optimization_info" "llama" {
  model_name    = "system.ai.llama_3_1_8b_instruct"
  model_version = "3"
}

locals {
  throughput = provider::inference::round_throughput(1500, data.inference_model_optimization_info.llama.throughput_chunk_size)
}

resource "inference_serving_endpoint" "chat" {
  name = "canary-chat"
}

resource "inference_served_entity" "stable" {
  endpoint_name              = inference_serving_endpoint.chat.name
  name                       = "stable"
  entity_name                = "system.ai.llama_3_1_8b_instruct"
  entity_version             = "2"
  min_provisioned_throughput = 0
  max_provisioned_throughput = local.throughput
}

resource "inference_served_entity" "canary" {
  endpoint_name              = inference_serving_endpoint.chat.name
  name                       = "canary"
  entity_name                = "system.ai.llama_3_1_8b_instruct"
  entity_version             = "3"
  min_provisioned_throughput = 0
  max_provisioned_throughput = local.throughput
}

resource "inference_traffic_route" "canary" {
  endpoint_name      = inference_serving_endpoint.chat.name
  served_entity_name = inference_served_entity.canary.name
  traffic_percentage = var.canary_percentage
}

output "endpoint_name" {
  description = "Name of the endpoint."
  value       = inference_serving_endpoint.chat.name
}
