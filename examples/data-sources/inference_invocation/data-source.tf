data "inference_invocation" "hello" {
  endpoint_name = "chat"
  prompt        = "Say hello."
  max_tokens    = 16
}

check "chat_answers" {
  assert {
    condition     = data.inference_invocation.hello.text != ""
    error_message = "The endpoint chat gave an empty answer."
  }
}
