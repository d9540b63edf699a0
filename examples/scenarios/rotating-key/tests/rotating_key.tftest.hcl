variables {
  openai_key = "sk-example"
}

run "starts_with_a_key" {
  assert {
    condition     = inference_served_entity.gpt.external_model.openai_config.openai_api_key_wo == null
    error_message = "The key stands in the state."
  }
}

run "rotates_it_in_place" {
  variables {
    openai_key  = "sk-rotated"
    key_version = 2
  }

  assert {
    condition     = inference_served_entity.gpt.external_model.openai_config.openai_api_key_wo_version == 2
    error_message = "The rotation was not recorded."
  }

  assert {
    condition     = output.id == "rotating-key-chat/gpt-4o"
    error_message = "The rotation replaced the entity."
  }
}
