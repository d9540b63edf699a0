# Needs a mock server whose external models ask stand-ins; the head of main.tf says how to start both.

run "deploys" {}

run "splits" {
  module {
    source = "./tests/ask"
  }

  variables {
    endpoint_name = run.deploys.endpoint_name
    question      = "Who are you?"
  }

  assert {
    condition     = output.answered_by == toset(["claude-3-opus", "gpt-4"])
    error_message = "Not both providers answer."
  }

  assert {
    condition     = output.texts == toset(["Claude", "GPT"])
    error_message = "The answers are not those of the stand-ins."
  }
}

run "falls_back_from_a_limit" {
  module {
    source = "./tests/ask"
  }

  variables {
    endpoint_name = run.deploys.endpoint_name
    question      = "Is OpenAI busy?"
  }

  assert {
    condition     = output.answered_by == toset(["claude-3-opus"])
    error_message = "Anthropic does not answer for OpenAI, which answers 429."
  }
}

run "falls_back_from_a_failure" {
  module {
    source = "./tests/ask"
  }

  variables {
    endpoint_name = run.deploys.endpoint_name
    question      = "Is Anthropic broken?"
  }

  assert {
    condition     = output.answered_by == toset(["gpt-4"])
    error_message = "OpenAI does not answer for Anthropic, which answers 529."
  }
}
