# A key that passes through Terraform without a trace: the variable is ephemeral and the argument write-only, so
# neither plan nor state holds it. Raising the version sends the new value, once.

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
  description = "The key itself, from the environment or a vault."
  type        = string
  ephemeral   = true
  default     = "sk-example"
}

variable "key_version" {
  description = "Raise it whenever the key is a new one."
  type        = number
  default     = 1
}

resource "inference_serving_endpoint" "chat" {
  name = "rotating-key-chat"
}

resource "inference_served_entity" "gpt" {
  endpoint_name = inference_serving_endpoint.chat.name
  name          = "gpt-4o"

  external_model = {
    name = "gpt-4o"
    task = "llm/v1/chat"

    openai_config = {
      openai_api_key_wo         = var.openai_key
      openai_api_key_wo_version = var.key_version
    }
  }
}

output "id" {
  description = "Id of the entity, which a rotation keeps."
  value       = inference_served_entity.gpt.id
}
