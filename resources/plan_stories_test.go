package resources_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/inference-iac/terraform-provider-inference/internal/acctest"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

func TestOverSubscribedRoutesAreFoundAtPlan(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: env.Factories(),
		Steps: []resource.TestStep{{
			Config: env.Config(`
resource "inference_traffic_route" "r" {
  count              = 3
  endpoint_name      = "e"
  served_entity_name = "m${count.index}"
  traffic_percentage = 34
}
`),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			ExpectError:      regexpMust(`ask for 102`),
		}},
	})
	if writes := env.Writes(); len(writes) > 0 {
		t.Errorf("writes were %q", writes)
	}
}

func TestTwoStylesOnOneEndpointAreRefused(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: env.Factories(),
		Steps: []resource.TestStep{{
			Config: env.Config(`
resource "inference_serving_endpoint" "e" {
  name = "e"
  served_entities = {
    m = { entity_name = "main.models.m", entity_version = "1", workload_size = "Small" }
  }
}

resource "inference_traffic_route" "r" {
  endpoint_name      = inference_serving_endpoint.e.name
  served_entity_name = "m"
  traffic_percentage = 100
}
`),
			ExpectError: regexpMust(`Two styles on one endpoint(.|\n)*inference_traffic_route`),
		}},
	})
	if writes := env.Writes(); len(writes) > 0 {
		t.Errorf("writes were %q", writes)
	}
}

// TestPlansWithoutAServer plans while the provider's host is not known yet: what needs no server is planned
// and checked, and existing objects stay as they are.
func TestPlansWithoutAServer(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	endpoint := env.Object(t, "inference_serving_endpoint")
	endpoint.Apply(inlineEndpoint())
	env.Offline = true
	endpoint.Settled(inlineEndpoint())
	if p := env.Object(t, "inference_served_entity").Plan(throughputEntity().With(values{"max_provisioned_throughput": 2000})); p.Action != "create" || len(p.Errors) > 0 {
		t.Errorf("the plan is %s: %q", p.Action, p.Errors)
	}
	if p := env.Object(t, "inference_served_entity").Plan(customEntity().With(values{"provisioned_model_units": 50})); len(p.Errors) == 0 {
		t.Error("two kinds were planned")
	}
	if d := env.Data(t, "inference_serving_endpoints", values{}); !d.Says("ERROR", "not configured", "-target") {
		t.Errorf("got %q", d.Messages)
	}
	p := endpoint.Plan(inlineEndpoint().With(values{"tags": values{"a": "1"}}))
	if endpoint.Run(&p); !p.Says("ERROR", "not configured") {
		t.Errorf("got %q", p.Messages)
	}
}

func TestModelWithoutProvisionedThroughput(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t, func(o *mockserver.Options) {
		o.AnyModel = false
		o.Models = []mockserver.Model{{Name: "main.models.m", Version: "1", Type: "custom"}}
	})
	if p := env.Object(t, "inference_served_entity").Plan(throughputEntity()); !p.Says("ERROR", "not eligible", "main.models.m version 1", "workload_size") {
		t.Errorf("got %q", p.Messages)
	}
	later := throughputEntity().With(values{"entity_version": "2"})
	if p := env.Object(t, "inference_served_entity").Plan(later); len(p.Errors) > 0 || !p.Says("WARNING", "not checked", "does not know") {
		t.Errorf("a version that is registered later: %q", p.Messages)
	}
}
