# One endpoint in front of two providers, half of the requests each; when one is over its limit or broken, the other
# answers. The keys stay in the workspace's secret scopes; neither Terraform nor its state ever sees them.
#
# Nothing has to leave the machine to try it. AIMock stands in for both providers:
#
#   npx --yes -p @copilotkit/aimock@1.43.0 llmock -p 4010 -f tests/stand-ins/providers.json &
#   export STAND_IN_KEY=any
#   terraform init -test-directory=tests/stand-ins
#   mockserver exec --external --engines tests/stand-ins/engines.yaml \
#     --secret my_openai_secret_scope/openai_api_key=env:STAND_IN_KEY \
#     --secret my_anthropic_secret_scope/anthropic_api_key=env:STAND_IN_KEY \
#     -- terraform test -test-directory=tests/stand-ins

terraform {
  required_version = ">= 1.11"

  required_providers {
    inference = {
      source = "inference-iac/inference"
    }
  }
}

provider "inference" {}

variable "openai_key" {
  description = "Reference to the OpenAI key."
  type        = string
  default     = "{{secrets/my_openai_secret_scope/openai_api_key}}"
}

variable "anthropic_key" {
  description = "Reference to the Anthropic key."
  type        = string
  default     = "{{secrets/my_anthropic_secret_scope/anthropic_api_key}}"
}

variable "openai_percentage" {
  description = "Share of the requests that OpenAI answers."
  type        = number
  default     = 50
}

resource "inference_serving_endpoint" "mix" {
  name = "mix-chat-endpoint"

  ai_gateway = {
    fallback_config = { enabled = true }
  }
}

resource "inference_served_entity" "openai" {
  endpoint_name = inference_serving_endpoint.mix.name
  name          = "gpt-4"

  external_model = {
    name = "gpt-4"
    task = "llm/v1/chat"

    openai_config = {
      openai_api_key = var.openai_key
    }
  }
}

resource "inference_served_entity" "anthropic" {
  endpoint_name = inference_serving_endpoint.mix.name
  name          = "claude-3-opus"

  external_model = {
    name = "claude-3-opus-20240229"
    task = "llm/v1/chat"

    anthropic_config = {
      anthropic_api_key = var.anthropic_key
    }
  }
}

resource "inference_traffic_route" "openai" {
  endpoint_name      = inference_serving_endpoint.mix.name
  served_entity_name = inference_served_entity.openai.name
  traffic_percentage = var.openai_percentage
}

resource "inference_traffic_route" "anthropic" {
  endpoint_name      = inference_serving_endpoint.mix.name
  served_entity_name = inference_served_entity.anthropic.name
  traffic_percentage = 100 - var.openai_percentage
}

output "endpoint_name" {
  description = "Name of the endpoint, once both providers serve."
  value       = inference_serving_endpoint.mix.name

  depends_on = [inference_traffic_route.openai, inference_traffic_route.anthropic]
}

output "openai_base_url" {
  description = "Base URL for OpenAI clients; the model is the endpoint's name."
  value       = inference_serving_endpoint.mix.openai_base_url
}
