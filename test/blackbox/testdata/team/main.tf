terraform {
  required_providers {
    inference = {
      source = "inference-iac/inference"
    }
  }
}

provider "inference" {
  poll_interval = "50ms"
}

variable "names" {
  type = set(string)
}

resource "inference_served_entity" "mine" {
  for_each = var.names

  endpoint_name         = "shared"
  name                  = each.key
  entity_name           = "main.models.${each.key}"
  entity_version        = "1"
  workload_size         = "Small"
  scale_to_zero_enabled = false
}
