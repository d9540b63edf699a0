package resources_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/inference-iac/terraform-provider-inference/internal/acctest"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

func TestTenEntitiesAndTenRoutesAreThreeWrites(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	env.BatchWindow = "1s"
	config := env.Config(`
resource "inference_serving_endpoint" "e" {
  name = "e"
}

resource "inference_served_entity" "m" {
  count          = 10
  endpoint_name  = inference_serving_endpoint.e.name
  entity_name    = "main.models.m"
  entity_version = count.index
  workload_size  = "Small"
}

resource "inference_traffic_route" "r" {
  count              = 10
  endpoint_name      = inference_serving_endpoint.e.name
  served_entity_name = inference_served_entity.m[count.index].name
  traffic_percentage = 10
}
`)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: env.Factories(),
		Steps: []resource.TestStep{
			{Config: config, Check: func(*terraformState) error {
				writes := env.Writes()
				if len(writes) > 3 || writes[0] != "create_endpoint" {
					return fmt.Errorf("writes were %q", writes)
				}
				return nil
			}},
			{PreConfig: env.ResetRequests, RefreshState: true, Check: func(*terraformState) error {
				if n := env.Count("get_endpoint"); n > 2 {
					return fmt.Errorf("a refresh took %d reads", n)
				}
				return nil
			}},
			{Config: config, PlanOnly: true},
		},
	})
}

func TestFailedRolloutSaysWhyAndHeals(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	env.Object(t, "inference_serving_endpoint").Apply(values{"name": "e"})
	first := env.Object(t, "inference_served_entity")
	first.Apply(customEntity())

	log := strings.Repeat("step\n", 30) + "no matching distribution for torch"
	env.FailDeployment(mockserver.DeploymentFailure{Entity: "n", Message: "the image could not be built", BuildLog: log, Times: 1})
	config := customEntity().With(values{"name": "n", "entity_version": "2"})
	o := env.Object(t, "inference_served_entity")
	p := o.Try(config)
	if !p.Says("ERROR", `served entity "n"`, "the image could not be built", "no matching distribution", "Config version wanted: 2", "version 1 serves on", "apply again") {
		t.Errorf("got %q", p.Messages)
	}
	for _, m := range p.Errors {
		if n := strings.Count(m, "step\n"); n > 20 {
			t.Errorf("the message holds %d lines of the build log", n)
		}
	}
	if !o.Tainted() || o.Get("id") != "e/n" {
		t.Errorf("the failed entity is not in the state: %s", o.Get(""))
	}
	if first.Settled(customEntity()); !first.Exists() {
		t.Error("the other entity is lost")
	}
	o.Apply(config)
	if ep, _ := env.Endpoint("e"); len(ep.Config.ServedEntities) != 2 {
		t.Errorf("the endpoint serves %v", ep.Config.ServedEntities)
	}
}

func TestFailedUpdateKeepsTheOldStateAndHeals(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	env.Object(t, "inference_serving_endpoint").Apply(values{"name": "e"})
	o := env.Object(t, "inference_served_entity")
	o.Apply(customEntity())
	env.FailDeployment(mockserver.DeploymentFailure{Message: "no capacity", Times: 1})
	next := customEntity().With(values{"entity_version": "2"})
	if p := o.Try(next); !p.Says("ERROR", "update", "no capacity") {
		t.Errorf("got %q", p.Messages)
	}
	if o.Tainted() || o.Get("entity_version") != "1" {
		t.Errorf("the state holds what is not served: %s", o.Get(""))
	}
	o.Apply(next)
}

func TestWriteOnlySecretsStandNowhereAndRollOutOnce(t *testing.T) {
	t.Parallel()
	const canary = "c4n4ry"
	env := acctest.Start(t)
	env.Object(t, "inference_serving_endpoint").Apply(values{"name": "e"})
	o := env.Object(t, "inference_served_entity")
	config := externalEntity("openai_config", values{"openai_api_key_wo": canary + "1", "openai_api_key_wo_version": 1})
	env.ResetRequests()
	o.Apply(config)
	if strings.Contains(o.State.String(), canary) {
		t.Errorf("the state holds the secret: %s", o.State)
	}
	bodies := env.Bodies("put_config")
	if len(bodies) != 1 || !strings.Contains(bodies[0], `"openai_api_key_plaintext"`) {
		t.Errorf("config updates were %q", bodies)
	}
	rotated := config.With(values{"external_model.openai_config.openai_api_key_wo": canary + "2", "external_model.openai_config.openai_api_key_wo_version": 2})
	p := o.Plan(rotated)
	if p.Action != "update" || strings.Contains(p.Planned.String(), canary) {
		t.Errorf("the plan is %s: %s", p.Action, p.Planned)
	}
	env.ResetRequests()
	o.Apply(rotated)
	if n := env.Count("put_config"); n != 1 {
		t.Errorf("a rotated secret took %d config updates", n)
	}
	env.ResetRequests()
	o.Apply(rotated.With(values{"timeouts.create": "1h"}))
	if n := env.Count("put_config"); n != 0 {
		t.Errorf("a time-out took %d config updates", n)
	}
}

// TestSecretSurvivesTheNeighbours changes traffic beside an entity whose secret only the server knows.
func TestSecretSurvivesTheNeighbours(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	env.Object(t, "inference_serving_endpoint").Apply(values{"name": "e"})
	config := externalEntity("openai_config", values{"openai_api_key_wo": "x", "openai_api_key_wo_version": 1})
	o := env.Object(t, "inference_served_entity")
	o.Apply(config)
	env.Object(t, "inference_served_entity").Apply(externalEntity("palm_config", values{"palm_api_key": keyA}).With(values{"name": "n"}))
	env.Object(t, "inference_traffic_route").Apply(values{"endpoint_name": "e", "served_entity_name": "n", "traffic_percentage": 30})
	o.Settled(config)
}

func TestDriftIsShown(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	endpoint := env.Object(t, "inference_serving_endpoint")
	endpoint.Apply(values{"name": "e", "tags": values{"team": "a"}})
	entity := env.Object(t, "inference_served_entity")
	entity.Apply(customEntity())
	other := env.Object(t, "inference_served_entity")
	other.Apply(customEntity().With(values{"name": "n", "entity_version": "2"}))
	route := env.Object(t, "inference_traffic_route")
	route.Apply(values{"endpoint_name": "e", "served_entity_name": "m", "traffic_percentage": 90})

	// Somebody else changes everything.
	foreign := env.Object(t, "inference_served_entity")
	foreign.Import("e/m", nil)
	foreign.Apply(customEntity().With(values{"workload_size": "Large"}))
	foreignRoute := env.Object(t, "inference_traffic_route")
	foreignRoute.Import("e/m", nil)
	foreignRoute.Apply(values{"endpoint_name": "e", "served_entity_name": "m", "traffic_percentage": 20})
	foreignEndpoint := env.Object(t, "inference_serving_endpoint")
	foreignEndpoint.Import("e", nil)
	foreignEndpoint.Apply(values{"name": "e", "tags": values{"team": "b"}})

	for _, c := range []struct {
		o         *acctest.Object
		at, shows string
	}{{entity, "workload_size", "Large"}, {route, "traffic_percentage", "20"}, {endpoint, "tags.team", "b"}} {
		if c.o.Refresh(); c.o.Get(c.at) != c.shows {
			t.Errorf("%s.%s shows %s, want %s", c.o.Type, c.at, c.o.Get(c.at), c.shows)
		}
	}
	if p := entity.Apply(customEntity()); p.Action != "update" {
		t.Errorf("the plan is %s", p.Action)
	}

	// And deletes everything.
	foreignEndpoint.Destroy()
	for _, o := range []*acctest.Object{entity, route, endpoint} {
		if o.Refresh(); o.Exists() {
			t.Errorf("%s outlives its endpoint", o.Type)
		}
	}
	endpoint.Apply(values{"name": "e"})
	entity.Apply(customEntity())
}

func TestDeletingWhatIsGoneSucceeds(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	endpoint := env.Object(t, "inference_serving_endpoint")
	endpoint.Apply(values{"name": "e"})
	entity := env.Object(t, "inference_served_entity")
	entity.Apply(customEntity())
	route := env.Object(t, "inference_traffic_route")
	route.Apply(values{"endpoint_name": "e", "served_entity_name": "m", "traffic_percentage": 100})
	again := env.Object(t, "inference_serving_endpoint")
	again.Import("e", nil)
	for _, o := range []*acctest.Object{again, route, entity, endpoint} {
		if p := o.Destroy(); len(p.Messages) > 0 || o.Exists() {
			t.Errorf("deleting %s: %q", o.Type, p.Messages)
		}
	}
}

func TestLastEntityOfAServerThatKeepsIt(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t, acctest.RefuseEmptyConfig())
	env.Object(t, "inference_serving_endpoint").Apply(values{"name": "e"})
	entity := env.Object(t, "inference_served_entity")
	entity.Apply(customEntity())
	if p := entity.Destroy(); len(p.Errors) > 0 || !p.Says("WARNING", "last entity", "goes on serving") || entity.Exists() {
		t.Errorf("got %q", p.Messages)
	}
}

func TestCreateAdoptsWhatALostAnswerLeftBehind(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	config := values{"name": "e", "description": "d", "tags": values{"a": "1"}, "budget_policy_id": "p"}
	env.Fault(mockserver.Fault{Route: "create_endpoint", Times: 1, After: true, HangUp: true})
	endpoint := env.Object(t, "inference_serving_endpoint")
	if p := endpoint.Apply(config); !p.Says("WARNING", "Adopted") {
		t.Errorf("got %q", p.Messages)
	}
	if n := len(env.Endpoints(env.Token)); n != 1 {
		t.Errorf("there are %d endpoints", n)
	}
	for name, foreign := range map[string]values{
		"other tags": {"name": "e", "description": "d"}, "other description": config.With(values{"description": "x"}),
		"route optimized": config.With(values{"route_optimized": true}),
	} {
		if p := env.Object(t, "inference_serving_endpoint").Try(foreign); !p.Says("ERROR", "exists with other settings", "terraform import") {
			t.Errorf("%s: got %q", name, p.Messages)
		}
	}
	entity := env.Object(t, "inference_served_entity")
	env.Fault(mockserver.Fault{Route: "put_config", Times: 1, After: true, HangUp: true})
	entity.Apply(customEntity())
	if p := env.Object(t, "inference_serving_endpoint").Try(config); !p.Says("ERROR", "exists with other settings") {
		t.Errorf("an endpoint in use: got %q", p.Messages)
	}
	if p := env.Object(t, "inference_served_entity").Try(customEntity().With(values{"workload_size": "Large"})); !p.Says("ERROR", "taken", "terraform import", "e/m", "name") {
		t.Errorf("an entity in use: got %q", p.Messages)
	}
}

func TestRouteToNoEntity(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	env.Object(t, "inference_serving_endpoint").Apply(values{"name": "e"})
	p := env.Object(t, "inference_traffic_route").Try(values{"endpoint_name": "e", "served_entity_name": "m", "traffic_percentage": 30})
	if !p.Says("ERROR", "served_entity_name", "no such entity", "inference_served_entity.<name>.name") {
		t.Errorf("got %q", p.Messages)
	}
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	env.Object(t, "inference_serving_endpoint").Apply(values{"name": "e"})
	env.Object(t, "inference_served_entity").Apply(customEntity())
	route := values{"endpoint_name": "e", "served_entity_name": "m", "traffic_percentage": 100}
	env.Object(t, "inference_traffic_route").Apply(route)
	for typeName, c := range map[string]struct{ identity, config values }{
		"inference_serving_endpoint": {values{"name": "e"}, values{"name": "e"}},
		"inference_served_entity":    {values{"endpoint_name": "e", "name": "m"}, customEntity()},
		"inference_traffic_route":    {values{"endpoint_name": "e", "served_entity_name": "m"}, route},
	} {
		o := env.Object(t, typeName)
		o.Import("", c.identity)
		o.Settled(c.config)
	}
}

// TestTerraformWithoutIdentities reads as a Terraform does that hands no identities in: what is there, what
// cannot be looked at, and what is gone.
func TestTerraformWithoutIdentities(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	object := func(typeName string, config values) *acctest.Object {
		o := env.Object(t, typeName)
		o.Forgetful = true
		o.Apply(config)
		return o
	}
	endpoint := object("inference_serving_endpoint", values{"name": "e"})
	objects := []*acctest.Object{
		object("inference_served_entity", customEntity()),
		object("inference_traffic_route", values{"endpoint_name": "e", "served_entity_name": "m", "traffic_percentage": 100}),
		endpoint,
	}
	env.Offline = true
	for _, o := range objects {
		if o.Refresh(); !o.Exists() {
			t.Errorf("%s is gone without a look", o.Type)
		}
	}
	env.Offline = false
	gone := env.Object(t, "inference_serving_endpoint")
	gone.Import("e", nil)
	gone.Destroy()
	for _, o := range objects {
		if o.Refresh(); o.Exists() {
			t.Errorf("%s outlives its endpoint", o.Type)
		}
	}
}
