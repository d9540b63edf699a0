package resources_test

import (
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/acctest"
	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

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

func TestZeroFalseAndEmptyReachTheWire(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	env.Object(t, "inference_serving_endpoint").Apply(values{"name": "e", "tags": values{"empty": ""}})
	for name, c := range map[string]struct {
		config values
		route  string
		wire   string
	}{
		"scale to zero": {customEntity().With(values{"scale_to_zero_enabled": false}), "put_config", `"scale_to_zero_enabled":false`},
		"concurrency":   {customEntity().With(values{"workload_size": nil, "min_provisioned_concurrency": 0, "max_provisioned_concurrency": 4}), "put_config", `"min_provisioned_concurrency":0`},
		"throughput":    {throughputEntity().With(values{"min_provisioned_throughput": 0}), "put_config", `"min_provisioned_throughput":0`},
		"burst":         {unitsEntity().With(values{"burst_scaling_enabled": false}), "put_pt_config", `"burst_scaling_enabled":false`},
	} {
		env.ResetRequests()
		o := env.Object(t, "inference_served_entity")
		o.Apply(c.config)
		if sent := strings.Join(env.Bodies(c.route), "\n"); !strings.Contains(sent, c.wire) {
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
