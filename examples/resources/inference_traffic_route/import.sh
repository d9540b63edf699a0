# By endpoint and served entity.
terraform import inference_traffic_route.canary chat/canary
