package resources_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/inference-iac/terraform-provider-inference/internal/acctest"
)

func TestComposedEndpointLivesItsLife(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	config := func(tags string, champion, challenger int) string {
		return env.Config(fmt.Sprintf(`
resource "inference_serving_endpoint" "chat" {
  name        = "chat"
  description = "champion and challenger"
  tags        = %s
}

resource "inference_served_entity" "champion" {
  endpoint_name              = inference_serving_endpoint.chat.name
  entity_name                = "system.ai.llama_3_1_8b_instruct"
  entity_version             = "1"
  min_provisioned_throughput = 1960
  max_provisioned_throughput = 2940
}

resource "inference_served_entity" "challenger" {
  endpoint_name              = inference_serving_endpoint.chat.name
  name                       = "challenger"
  entity_name                = "system.ai.llama_3_1_8b_instruct"
  entity_version             = "2"
  min_provisioned_throughput = 0
  max_provisioned_throughput = 980
}

resource "inference_traffic_route" "champion" {
  endpoint_name      = inference_serving_endpoint.chat.name
  served_entity_name = inference_served_entity.champion.name
  traffic_percentage = %d
}

resource "inference_traffic_route" "challenger" {
  endpoint_name      = inference_serving_endpoint.chat.name
  served_entity_name = inference_served_entity.challenger.name
  traffic_percentage = %d
}
`, tags, champion, challenger))
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: env.Factories(),
		Steps: []resource.TestStep{
			{
				Config: config(`{ team = "search", stage = "dev" }`, 90, 10),
				Check: resource.ComposeAggregateTestCheckFunc(
					resource.TestCheckResourceAttr("inference_served_entity.champion", "name", "llama_3_1_8b_instruct-1"),
					resource.TestCheckResourceAttr("inference_served_entity.champion", "id", "chat/llama_3_1_8b_instruct-1"),
					resource.TestCheckResourceAttr("inference_served_entity.champion", "workload_type", "GPU_LARGE"),
					resource.TestCheckNoResourceAttr("inference_served_entity.champion", "workload_size"),
					resource.TestCheckResourceAttr("inference_served_entity.champion", "invocations_url",
						env.Host+"/serving-endpoints/chat/served-models/llama_3_1_8b_instruct-1/invocations"),
					resource.TestCheckResourceAttr("inference_traffic_route.challenger", "traffic_percentage", "10"),
				),
			},
			{
				Config: config(`{ team = "search", stage = "prod" }`, 50, 50),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("inference_serving_endpoint.chat", plancheck.ResourceActionUpdate),
					plancheck.ExpectResourceAction("inference_served_entity.champion", plancheck.ResourceActionNoop),
					plancheck.ExpectResourceAction("inference_traffic_route.champion", plancheck.ResourceActionUpdate),
				}},
			},
			{ResourceName: "inference_serving_endpoint.chat", ImportState: true, ImportStateVerify: true},
			{ResourceName: "inference_served_entity.challenger", ImportState: true, ImportStateVerify: true},
			{ResourceName: "inference_traffic_route.champion", ImportState: true, ImportStateVerify: true},
		},
	})
	if left := env.Endpoints(env.Token); len(left) > 0 {
		t.Errorf("destroy left %v", left)
	}
}
