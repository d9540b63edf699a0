terraform {
  required_providers {
    inference = {
      source = "inference-iac/inference"
    }
  }
}

# Host and token come from INFERENCE_HOST and INFERENCE_TOKEN, or DATABRICKS_HOST and DATABRICKS_TOKEN.
provider "inference" {}
