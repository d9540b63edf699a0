# A secret reaches the provider as a write-only attribute; the token comes from the environment.

terraform {
  required_providers {
    inference = {
      source = "inference-iac/inference"
    }
  }
}

variable "canary" {
  type      = string
  ephemeral = true
}

variable "canary_version" {
  type    = number
  default = 1
}

provider "inference" {
  poll_interval = "20ms"
}

resource "inference_serving_endpoint" "secret" {
  name = "secret"
}

resource "inference_served_entity" "external" {
  endpoint_name = inference_serving_endpoint.secret.name

  external_model = {
    name     = "gpt-4"
    provider = "openai"
    task     = "llm/v1/chat"

    openai_config = {
      openai_api_key_wo         = var.canary
      openai_api_key_wo_version = var.canary_version
    }
  }
}
