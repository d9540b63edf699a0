terraform {
  required_version = ">= 1.11"

  required_providers {
    inference = {
      source = "inference-iac/inference"
    }
  }
}

provider "inference" {}

data "inference_model_optimization_info" "llama" {
  for_each = local.versions

  model_name    = var.model
  model_version = each.value
}

locals {
  versions = {
    champion   = var.champion_version
    challenger = var.challenger_version
  }
  chunks = { for role, info in data.inference_model_optimization_info.llama : role => info.throughput_chunk_size }
}

resource "inference_serving_endpoint" "chat" {
  name        = var.endpoint_name
  description = "Two versions of one model, and a split between them."

  tags = {
    scenario = "champion-challenger"
  }
}

# Provisioned throughput is bought in chunks, whose size depends on the model: two of them always, three at most.
resource "inference_served_entity" "llama" {
  for_each = local.versions

  endpoint_name              = inference_serving_endpoint.chat.name
  entity_name                = var.model
  entity_version             = each.value
  min_provisioned_throughput = 2 * local.chunks[each.key]
  max_provisioned_throughput = 3 * local.chunks[each.key]
}

resource "inference_traffic_route" "champion" {
  endpoint_name      = inference_serving_endpoint.chat.name
  served_entity_name = inference_served_entity.llama["champion"].name
  traffic_percentage = 100 - var.challenger_percentage
}

resource "inference_traffic_route" "challenger" {
  endpoint_name      = inference_serving_endpoint.chat.name
  served_entity_name = inference_served_entity.llama["challenger"].name
  traffic_percentage = var.challenger_percentage
}
