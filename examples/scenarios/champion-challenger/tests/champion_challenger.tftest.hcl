variables {
  endpoint_name = "champion-challenger-test"
}

run "deploys" {
  assert {
    condition     = output.traffic[output.entities["challenger"]] == 10
    error_message = "The challenger does not start at ten percent."
  }

  assert {
    condition     = inference_served_entity.llama["champion"].min_provisioned_throughput % data.inference_model_optimization_info.llama["champion"].throughput_chunk_size == 0
    error_message = "The throughput is no multiple of the chunk."
  }
}

run "answers" {
  module {
    source = "./tests/ask"
  }

  variables {
    endpoint_name = run.deploys.endpoint_name
  }

  assert {
    condition     = output.text != ""
    error_message = "The endpoint gave an empty answer."
  }

  assert {
    condition     = startswith(output.answered_by, "llama_3_1_8b_instruct-")
    error_message = "The answer comes from neither version."
  }
}

run "shifts" {
  variables {
    challenger_percentage = 50
  }

  assert {
    condition     = alltrue([for percentage in values(output.traffic) : percentage == 50])
    error_message = "The split is not even."
  }
}
