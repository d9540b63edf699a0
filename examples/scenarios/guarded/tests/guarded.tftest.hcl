run "deploys" {
  assert {
    condition     = inference_serving_endpoint.guarded.traffic["standby"] == 0
    error_message = "The standby gets traffic."
  }
}

run "primary_answers" {
  module {
    source = "./tests/ask"
  }

  variables {
    endpoint_name = run.deploys.endpoint_name
  }

  assert {
    condition     = output.answered_by == "primary"
    error_message = "The standby answered."
  }
}

run "limits_change_without_a_rollout" {
  variables {
    calls_per_minute = 0
  }

  assert {
    condition     = inference_serving_endpoint.guarded.ai_gateway.rate_limits[0].calls == 0
    error_message = "A limit of 0 does not close the endpoint."
  }
}
