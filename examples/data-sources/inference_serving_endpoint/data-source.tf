data "inference_serving_endpoint" "chat" {
  name = "chat"
}

check "chat_is_ready" {
  assert {
    condition     = data.inference_serving_endpoint.chat.state.ready == "READY"
    error_message = "The endpoint chat does not serve."
  }
}
