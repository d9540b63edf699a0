# At least 2500 tokens per second, in chunks of 980: 2940.
output "throughput" {
  value = provider::inference::round_throughput(2500, 980)
}
