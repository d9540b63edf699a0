# Asks an endpoint, so that a test can look at the answer.

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
  prompt        = "Where do you run?"
  max_tokens    = 16
}

output "answered_by" {
  value = data.inference_invocation.this.answered_by
}

output "text" {
  value = data.inference_invocation.this.text
}
