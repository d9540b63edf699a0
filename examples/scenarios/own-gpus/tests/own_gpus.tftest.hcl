run "deploys" {
  assert {
    condition     = inference_served_entity.llama.workload_type == "GPU_LARGE"
    error_message = "The model does not run on one A100."
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
    condition     = output.answered_by == "llama" && output.text != ""
    error_message = "The engine gave no answer."
  }
}

run "moves_to_two_gpus" {
  variables {
    workload_type = "GPU_LARGE_2"
    model_version = "2"
  }

  assert {
    condition     = inference_served_entity.llama.workload_type == "GPU_LARGE_2"
    error_message = "The model does not run on two A100."
  }
}
