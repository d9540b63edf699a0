terraform {
  required_providers {
    inference = {
      source = "inference-iac/inference"
    }
  }
}

provider "inference" {}

resource "inference_serving_endpoint" "this" {
  count = 100
  name  = "endpoint-${count.index}"
}
