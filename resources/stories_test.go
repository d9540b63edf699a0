package resources_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/inference-iac/terraform-provider-inference/internal/acctest"
	"github.com/inference-iac/terraform-provider-inference/internal/api"
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

func TestDroppedSettingsAreNamed(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	o := env.Object(t, "inference_serving_endpoint")
	o.Apply(values{"name": "e"})
	env.Fault(mockserver.Fault{Route: "patch_tags", Times: 1, Status: 200, Code: "OK"})
	if p := o.Try(values{"name": "e", "tags": values{"a": "1"}}); !p.Says("WARNING", "dropped", "tags") {
		t.Errorf("got %q", p.Messages)
	}
}

func TestClaimsThatCannotBeMetAreAWarning(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	env.Object(t, "inference_serving_endpoint").Apply(values{"name": "e"})
	for _, name := range []string{"m", "n"} {
		env.Object(t, "inference_served_entity").Apply(customEntity().With(values{"name": name, "entity_name": "main.models." + name}))
	}
	route := values{"endpoint_name": "e", "served_entity_name": "m", "traffic_percentage": 30}
	only := env.Object(t, "inference_served_entity")
	only.Import("e/n", nil)
	only.Destroy()
	o := env.Object(t, "inference_traffic_route")
	if p := o.Try(route); !p.Says("WARNING", "m=100") {
		t.Errorf("got %q", p.Messages)
	}
	if o.Refresh(); o.Get("traffic_percentage") != "100" {
		t.Errorf("the route shows %s", o.Get("traffic_percentage"))
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

func TestZeroFalseAndEmptyReachTheWire(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	env.Object(t, "inference_serving_endpoint").Apply(values{"name": "e", "tags": values{"empty": ""}})
	for name, c := range map[string]struct {
		config values
		wire   string
	}{
		"scale to zero": {customEntity().With(values{"scale_to_zero_enabled": false}), `"scale_to_zero_enabled":false`},
		"concurrency":   {customEntity().With(values{"workload_size": nil, "min_provisioned_concurrency": 0, "max_provisioned_concurrency": 4}), `"min_provisioned_concurrency":0`},
		"throughput":    {throughputEntity().With(values{"min_provisioned_throughput": 0}), `"min_provisioned_throughput":0`},
		"burst":         {unitsEntity().With(values{"burst_scaling_enabled": false}), `"burst_scaling_enabled":false`},
	} {
		env.ResetRequests()
		o := env.Object(t, "inference_served_entity")
		o.Apply(c.config)
		if sent := strings.Join(env.Bodies("put_config"), "\n"); !strings.Contains(sent, c.wire) {
			t.Errorf("%s: %s is not in %s", name, c.wire, sent)
		}
		o.Destroy()
	}
	env.ResetRequests()
	o := env.Object(t, "inference_served_entity")
	o.Apply(customEntity())
	if sent := strings.Join(env.Bodies("put_config"), "\n"); strings.Contains(sent, "scale_to_zero_enabled") {
		t.Errorf("null was sent: %s", sent)
	}
	env.Object(t, "inference_served_entity").Apply(customEntity().With(values{"name": "n", "entity_version": "2"}))
	env.ResetRequests()
	env.Object(t, "inference_traffic_route").Apply(values{"endpoint_name": "e", "served_entity_name": "m", "traffic_percentage": 0})
	var c api.ConfigInput
	decode(t, env.Bodies("put_config")[0], &c)
	for _, r := range c.TrafficConfig.Routes {
		if r.Entity() == "m" && r.TrafficPercentage != 0 {
			t.Errorf("routes are %v", c.TrafficConfig.Routes)
		}
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

// TestUnsettingGivesTheChoiceBack looks at the server: what was given once and is given no longer is its
// own choice again.
func TestUnsettingGivesTheChoiceBack(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	env.Object(t, "inference_serving_endpoint").Apply(values{"name": "e"})
	o := env.Object(t, "inference_served_entity")
	o.Apply(customEntity().With(values{"workload_type": "GPU_SMALL", "scale_to_zero_enabled": true}))
	o.Apply(customEntity())
	ep, _ := env.Endpoint("e")
	e, _ := ep.Entity("m")
	if e.WorkloadType != api.WorkloadCPU || e.ScaleToZeroEnabled != nil && *e.ScaleToZeroEnabled || o.Get("workload_type") != api.WorkloadCPU {
		t.Errorf("the server still serves %+v, and the state shows %s", e.EntitySettings, o.Get(""))
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
