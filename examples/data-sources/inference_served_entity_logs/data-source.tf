data "inference_served_entity_logs" "llama" {
  endpoint_name      = "chat"
  served_entity_name = "llama"
}

output "end_of_the_build" {
  value = reverse(split("\n", trimspace(data.inference_served_entity_logs.llama.build_log)))[0]
}
