# A model of 13 billion parameters fits one A100: GPU_LARGE.
output "workload_type" {
  value = provider::inference::recommended_workload_type(13e9)
}
