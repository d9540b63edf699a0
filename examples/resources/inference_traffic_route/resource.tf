resource "inference_serving_endpoint" "chat" {
  name = "chat"
}

resource "inference_served_entity" "stable" {
  endpoint_name         = inference_serving_endpoint.chat.name
  name                  = "stable"
  entity_name           = "ml.llm-catalog.llama-13b"
  entity_version        = "3"
  workload_type         = "GPU_LARGE"
  workload_size         = "Small"
  scale_to_zero_enabled = false
}

resource "inference_served_entity" "canary" {
  endpoint_name         = inference_serving_endpoint.chat.name
  name                  = "canary"
  entity_name           = "ml.llm-catalog.foundation-model"
  entity_version        = "3"
  workload_type         = "GPU_LARGE"
  workload_size         = "Small"
  scale_to_zero_enabled = false
}

# A route is a claim. Entities without one share the rest, so this one number makes a canary.
resource "inference_traffic_route" "canary" {
  endpoint_name      = inference_serving_endpoint.chat.name
  served_entity_name = inference_served_entity.canary.name
  traffic_percentage = 5
}
