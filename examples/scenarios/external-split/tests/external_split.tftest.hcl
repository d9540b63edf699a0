run "splits_evenly" {
  assert {
    condition     = inference_traffic_route.openai.traffic_percentage == inference_traffic_route.anthropic.traffic_percentage
    error_message = "The split is not even."
  }

  assert {
    condition     = inference_serving_endpoint.mix.ai_gateway.fallback_config.enabled
    error_message = "When one provider fails, the other does not answer."
  }

  assert {
    condition     = inference_served_entity.anthropic.external_model.provider == "anthropic"
    error_message = "The provider does not follow from the block that is set."
  }
}

run "prefers_one_provider" {
  variables {
    openai_percentage = 80
  }

  assert {
    condition     = inference_traffic_route.anthropic.traffic_percentage == 20
    error_message = "The other provider does not get the rest."
  }
}
