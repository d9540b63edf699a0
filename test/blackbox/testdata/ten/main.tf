# Ten entities and ten routes on one endpoint.

terraform {
  required_providers {
    inference = {
      source = "inference-iac/inference"
    }
  }
}

provider "inference" {
  poll_interval = "20ms"
  batch_window  = var.batch_window
}

variable "batch_window" {
  type    = string
  default = null
}

resource "inference_serving_endpoint" "ten" {
  name = "ten"
}

resource "inference_served_entity" "ten" {
  count = 10

  endpoint_name         = inference_serving_endpoint.ten.name
  name                  = "v${count.index + 1}"
  entity_name           = "ml.test.model"
  entity_version        = tostring(count.index + 1)
  workload_size         = "Small"
  scale_to_zero_enabled = true
}

resource "inference_traffic_route" "ten" {
  count = 10

  endpoint_name      = inference_serving_endpoint.ten.name
  served_entity_name = inference_served_entity.ten[count.index].name
  traffic_percentage = var.percentages[count.index]
}

variable "percentages" {
  type    = list(number)
  default = [28, 20, 15, 10, 8, 6, 5, 4, 3, 1]
}
