output "endpoint_name" {
  description = "Name of the endpoint."
  value       = inference_serving_endpoint.chat.name
}

output "invocations_url" {
  description = "Where to send requests."
  value       = inference_serving_endpoint.chat.invocations_url
}

output "entities" {
  description = "Served entity of each role."
  value       = { for role, entity in inference_served_entity.llama : role => entity.name }
}

output "traffic" {
  description = "Percentage of each served entity."
  value = {
    for route in [inference_traffic_route.champion, inference_traffic_route.challenger] :
    route.served_entity_name => route.traffic_percentage
  }
}
