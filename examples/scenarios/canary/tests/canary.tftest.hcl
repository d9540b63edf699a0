run "starts_small" {
  assert {
    condition     = inference_traffic_route.canary.traffic_percentage == 5
    error_message = "The canary does not start at five percent."
  }
}

run "leaves_the_rest_to_stable" {
  module {
    source = "./tests/look"
  }

  variables {
    endpoint_name = run.starts_small.endpoint_name
  }

  assert {
    condition     = output.traffic["stable"] == 95
    error_message = "The stable version does not keep the rest."
  }
}

run "grows" {
  variables {
    canary_percentage = 50
  }
}

run "shares_evenly" {
  module {
    source = "./tests/look"
  }

  variables {
    endpoint_name = run.grows.endpoint_name
  }

  assert {
    condition     = output.traffic == tomap({ stable = 50, canary = 50 })
    error_message = "The split is not even."
  }
}
