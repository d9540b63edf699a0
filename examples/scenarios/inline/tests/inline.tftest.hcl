run "serves_two_versions" {
  assert {
    condition     = inference_serving_endpoint.chat.traffic == tomap({ llama-v2 = 80, llama-v3 = 20 })
    error_message = "The split is not what the variable asks for."
  }
}

run "retires_the_old_one" {
  variables {
    shares = { "3" = 100 }
  }

  assert {
    condition     = keys(inference_serving_endpoint.chat.served_entities) == tolist(["llama-v3"])
    error_message = "The old version is still served."
  }
}
