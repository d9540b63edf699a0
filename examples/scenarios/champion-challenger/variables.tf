variable "endpoint_name" {
  description = "Name of the serving endpoint."
  type        = string
  default     = "chat"
}

variable "model" {
  description = "Model in Unity Catalog; both versions are of this model."
  type        = string
  default     = "system.ai.llama_3_1_8b_instruct"
}

variable "champion_version" {
  description = "Version that serves today."
  type        = string
  default     = "1"
}

variable "challenger_version" {
  description = "Version that is tried out."
  type        = string
  default     = "2"
}

variable "challenger_percentage" {
  description = "Share of the requests that the challenger answers."
  type        = number
  default     = 10

  validation {
    condition     = var.challenger_percentage >= 0 && var.challenger_percentage <= 100
    error_message = "A share is between 0 and 100 percent."
  }
}
