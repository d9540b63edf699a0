# By endpoint and entity.
terraform import inference_served_entity.llama chat/llama_3_1_8b_instruct-3
