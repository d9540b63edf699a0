# Asks an endpoint the same question many times, so that a test can look at who answers.

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

variable "question" {
  type = string
}

data "inference_invocation" "this" {
  for_each = toset([for i in range(24) : tostring(i)])

  endpoint_name = var.endpoint_name
  prompt        = var.question
  max_tokens    = 16
}

output "answered_by" {
  value = toset([for answer in data.inference_invocation.this : answer.answered_by])
}

output "texts" {
  value = toset([for answer in data.inference_invocation.this : answer.text])
}
