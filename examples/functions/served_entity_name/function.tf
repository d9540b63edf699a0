# The name that an entity gets that is given none: llama-3.
output "name" {
  value = provider::inference::served_entity_name("ml.llm-catalog.llama", "3")
}
