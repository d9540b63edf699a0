# One owner, one resource: two models inline, the second a pure standby that answers only when the first
# can't, and a gateway in front of both. The gateway has a route of its own, so its changes roll nothing out.

terraform {
  required_version = ">= 1.11"

  required_providers {
    inference = {
      source = "inference-iac/inference"
    }
  }
}

provider "inference" {}

variable "calls_per_minute" {
  description = "Requests that each user may send; 0 closes the endpoint."
  type        = number
  default     = 100
}

resource "inference_serving_endpoint" "guarded" {
  name = "guarded"

  served_entities = {
    primary = {
      entity_name                = "system.ai.llama_3_1_8b_instruct"
      entity_version             = "3"
      min_provisioned_throughput = 980
      max_provisioned_throughput = 1960
    }
    standby = {
      entity_name                = "system.ai.llama_3_1_8b_instruct"
      entity_version             = "2"
      min_provisioned_throughput = 0
      max_provisioned_throughput = 980
    }
  }

  traffic = {
    primary = 100
    standby = 0
  }

  ai_gateway = {
    fallback_config = { enabled = true }

    guardrails = {
      input = {
        pii = { behavior = "BLOCK" }
      }
    }

    rate_limits = [
      { calls = var.calls_per_minute, key = "user" },
    ]
  }
}

output "endpoint_name" {
  description = "Name of the endpoint."
  value       = inference_serving_endpoint.guarded.name
}
