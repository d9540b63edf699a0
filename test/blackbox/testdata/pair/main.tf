# Two entities and a route each: the smallest configuration with all three resources and an order between them.

terraform {
  required_providers {
    inference = {
      source = "inference-iac/inference"
    }
  }
}

provider "inference" {
  poll_interval = "20ms"
}

variable "share_of_new" {
  type    = number
  default = 30
}

resource "inference_serving_endpoint" "pair" {
  name = "pair"

  tags = {
    team = "search"
  }
}

resource "inference_served_entity" "old" {
  endpoint_name         = inference_serving_endpoint.pair.name
  name                  = "old"
  entity_name           = "ml.test.model"
  entity_version        = "1"
  workload_size         = "Small"
  scale_to_zero_enabled = true
}

resource "inference_served_entity" "new" {
  endpoint_name         = inference_serving_endpoint.pair.name
  name                  = "new"
  entity_name           = "ml.test.model"
  entity_version        = "2"
  workload_size         = "Small"
  scale_to_zero_enabled = true
}

resource "inference_traffic_route" "old" {
  endpoint_name      = inference_serving_endpoint.pair.name
  served_entity_name = inference_served_entity.old.name
  traffic_percentage = 100 - var.share_of_new
}

resource "inference_traffic_route" "new" {
  endpoint_name      = inference_serving_endpoint.pair.name
  served_entity_name = inference_served_entity.new.name
  traffic_percentage = var.share_of_new
}
