# The endpoint alone. What it serves are resources of their own, which other modules and teams may own.
resource "inference_serving_endpoint" "chat" {
  name        = "chat"
  description = "Answers questions of the support team."

  tags = {
    team = "support"
    cost = "shared"
  }
}

# The inline style: one owner lists all that is served, and what is not listed goes.
resource "inference_serving_endpoint" "search" {
  name = "search"

  served_entities = {
    stable = {
      entity_name                = "system.ai.llama_3_1_8b_instruct"
      entity_version             = "2"
      min_provisioned_throughput = 0
      max_provisioned_throughput = 1960
    }
    next = {
      entity_name                = "system.ai.llama_3_1_8b_instruct"
      entity_version             = "3"
      min_provisioned_throughput = 0
      max_provisioned_throughput = 1960
    }
  }

  traffic = {
    stable = 90
    next   = 10
  }

  ai_gateway = {
    usage_tracking_config = { enabled = true }

    rate_limits = [
      { calls = 100, key = "user" },
    ]
  }
}

output "invocations_url" {
  value = inference_serving_endpoint.chat.invocations_url
}
