# The endpoint alone. What it serves are resources of their own, which other modules and teams may own.
resource "inference_serving_endpoint" "chat" {
  name        = "chat"
  description = "Answers questions of the support team."

  tags = {
    team = "support"
    cost = "shared"
  }
}

output "invocations_url" {
  value = inference_serving_endpoint.chat.invocations_url
}
