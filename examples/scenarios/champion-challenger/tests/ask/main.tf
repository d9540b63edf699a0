# Asks an endpoint one question, so that a test can look at the answer.

terraform {
  required_providers {
    inference = {
      source = "inference-iac/inference"
    }
  }
}

variable "endpoint_name" {
  type = string
}

data "inference_invocation" "this" {
  endpoint_name = var.endpoint_name
  prompt        = "Which version are you?"
  max_tokens    = 16
}

output "text" {
  value = data.inference_invocation.this.text
}

output "answered_by" {
  value = data.inference_invocation.this.answered_by
}
