package resources_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/acctest"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// life creates, changes and deletes one of each resource; every apply must succeed at once, whatever happens
// to one of its requests.
func life(t *testing.T, env *acctest.Environment) {
	t.Helper()
	endpoint := env.Object(t, "inference_serving_endpoint")
	entity := env.Object(t, "inference_served_entity")
	route := env.Object(t, "inference_traffic_route")
	shared := values{"endpoint_name": "e", "served_entity_name": "m"}
	for i, tag := range []string{"a", "b"} {
		endpoint.Apply(values{"name": "e", "tags": values{"t": tag}})
		entity.Apply(customEntity().With(values{"entity_version": fmt.Sprint(i + 1)}))
		route.Apply(shared.With(values{"traffic_percentage": 100}))
	}
	ep, _ := env.Endpoint("e")
	if n := len(ep.Config.ServedEntities); n != 1 || ep.Config.ConfigVersion != 2 {
		t.Errorf("the endpoint serves %d entities in version %d", n, ep.Config.ConfigVersion)
	}
	for _, o := range []*acctest.Object{route, entity, endpoint} {
		if p := o.Destroy(); len(p.Errors) > 0 {
			t.Errorf("deleting %s: %q", o.Type, p.Errors)
		}
	}
	if left := env.Endpoints(env.Token); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// TestAnyRequestMayFailOnce breaks each request of a whole life in each way, one at a time.
func TestAnyRequestMayFailOnce(t *testing.T) {
	t.Parallel()
	calm := acctest.Start(t)
	life(t, calm)
	for name, fault := range map[string]mockserver.Fault{
		"answer lost":   {After: true, HangUp: true},
		"not delivered": {HangUp: true},
		"unavailable":   {Status: http.StatusServiceUnavailable},
		"too many":      {Status: http.StatusTooManyRequests},
	} {
		for i, r := range calm.Requests() {
			if r.Method == http.MethodGet && name != "answer lost" {
				continue // reads are all alike
			}
			t.Run(fmt.Sprintf("%s/%d %s", name, i, r.Route), func(t *testing.T) {
				t.Parallel()
				env := acctest.Start(t)
				f := fault
				f.Skip, f.Times = i, 1
				env.Fault(f)
				life(t, env)
			})
		}
	}
}

func TestInlineCreateAdoptsWhatALostAnswerLeftBehind(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	env.Fault(mockserver.Fault{Route: "create_endpoint", Times: 1, After: true, HangUp: true})
	config := inlineEndpoint().With(values{"traffic": values{"m": 90, "n": 10}, "served_entities.m.environment_vars_wo": values{"K": "v"}, "served_entities.m.environment_vars_wo_version": 1})
	o := env.Object(t, "inference_serving_endpoint")
	if p := o.Apply(config); !p.Says("WARNING", "Adopted") {
		t.Errorf("got %q", p.Messages)
	}
	if ep, _ := env.Endpoint("e"); ep.Config.ConfigVersion != 1 {
		t.Errorf("the config has version %d", ep.Config.ConfigVersion)
	}
	other := config.With(values{"traffic": values{"m": 50, "n": 50}})
	if p := env.Object(t, "inference_serving_endpoint").Try(other); !p.Says("ERROR", "exists with other settings") {
		t.Errorf("got %q", p.Messages)
	}
}

// TestForeignUpdateIsWaitedFor starts a change while somebody else's rolls out.
func TestForeignUpdateIsWaitedFor(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t, acctest.WithProgression(mockserver.Reads(3)))
	env.Object(t, "inference_serving_endpoint").Apply(values{"name": "e"})
	entity := env.Object(t, "inference_served_entity")
	entity.Apply(customEntity())
	plan := entity.Plan(customEntity().With(values{"workload_size": "Large"}))
	foreign := env.Object(t, "inference_served_entity")
	other := foreign.Plan(customEntity().With(values{"name": "n", "entity_version": "2"}))

	done := make(chan struct{})
	go func() {
		defer close(done)
		foreign.Run(&other)
	}()
	entity.Run(&plan)
	<-done
	if len(plan.Errors)+len(other.Errors) > 0 {
		t.Errorf("got %q and %q", plan.Errors, other.Errors)
	}
	ep, _ := env.Endpoint("e")
	if n := len(ep.Config.ServedEntities); n != 2 {
		t.Errorf("the endpoint serves %d entities", n)
	}
}
