package resources_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/inference-iac/terraform-provider-inference/internal/acctest"
)

// TestUnknownsBecomeKnown applies in one go what another resource's outputs decide: nothing of it is known when
// the plan is made.
func TestUnknownsBecomeKnown(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	config := env.Config(`
resource "terraform_data" "late" {
  input = {
    name     = "late"
    version  = "3"
    percent  = 40
    chunk    = 980
    tags     = { team = "a" }
    entities = { a = { entity_name = "main.models.a", entity_version = "1", workload_size = "Small" } }
  }
}

resource "inference_serving_endpoint" "composed" {
  name = terraform_data.late.output.name
  tags = terraform_data.late.output.tags
}

resource "inference_served_entity" "m" {
  endpoint_name              = inference_serving_endpoint.composed.name
  entity_name                = "main.models.m"
  entity_version             = terraform_data.late.output.version
  min_provisioned_throughput = 0
  max_provisioned_throughput = 2 * terraform_data.late.output.chunk
}

resource "inference_served_entity" "n" {
  endpoint_name    = inference_serving_endpoint.composed.name
  name             = "n"
  entity_name      = "main.models.n"
  entity_version   = "1"
  workload_size    = "Small"
  environment_vars = { VERSION = terraform_data.late.output.version }
}

resource "inference_traffic_route" "m" {
  endpoint_name      = inference_serving_endpoint.composed.name
  served_entity_name = inference_served_entity.m.name
  traffic_percentage = terraform_data.late.output.percent
}

resource "inference_serving_endpoint" "inline" {
  name            = "inline"
  served_entities = terraform_data.late.output.entities
  traffic         = { for name, entity in terraform_data.late.output.entities : name => 100 }
  ai_gateway = {
    rate_limits            = [for n in [terraform_data.late.output.percent] : { calls = n }]
    inference_table_config = { enabled = true, catalog_name = terraform_data.late.output.name, schema_name = "s" }
  }
  email_notifications = { on_update_failure = toset([terraform_data.late.output.name]) }
}

resource "inference_serving_endpoint" "external" {
  name = "external"
  served_entities = {
    gpt = {
      external_model = {
        name          = "gpt-4o"
        task          = "llm/v1/chat"
        openai_config = { openai_api_key = "{{secrets/${terraform_data.late.output.name}/key}}" }
      }
    }
  }
}
`)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: env.Factories(),
		Steps: []resource.TestStep{
			{
				Config: config,
				Check: resource.ComposeAggregateTestCheckFunc(
					resource.TestCheckResourceAttr("inference_served_entity.m", "id", "late/m-3"),
					resource.TestCheckResourceAttr("inference_traffic_route.m", "traffic_percentage", "40"),
					resource.TestCheckResourceAttr("inference_serving_endpoint.inline", "traffic.a", "100"),
					resource.TestCheckResourceAttr("inference_serving_endpoint.inline", "ai_gateway.inference_table_config.table_name_prefix", "inline"),
					resource.TestCheckResourceAttr("inference_serving_endpoint.external", "served_entities.gpt.external_model.provider", "openai"),
				),
			},
			{
				Config:           config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
		},
	})
}
