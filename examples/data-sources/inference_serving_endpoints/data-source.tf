data "inference_serving_endpoints" "chat" {
  name_prefix = "chat"
}

output "not_ready" {
  value = [for name, endpoint in data.inference_serving_endpoints.chat.endpoints : name if endpoint.ready != "READY"]
}
