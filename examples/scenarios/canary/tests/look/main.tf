# Reads an endpoint, so that a test can look at the split that is served.

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

data "inference_serving_endpoint" "this" {
  name = var.endpoint_name
}

output "traffic" {
  value = data.inference_serving_endpoint.this.config.traffic
}
