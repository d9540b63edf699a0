# By name.
terraform import inference_serving_endpoint.chat chat
