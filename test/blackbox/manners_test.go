package blackbox

import (
	"net/http"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// The flags that people reach for when they are in a hurry lead to the same end as a plain apply.
func TestFlags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		steps [][]string // arguments of apply, in order
	}{
		{"target first", [][]string{{"-target=inference_served_entity.old"}, {}}},
		{"target a route first", [][]string{{"-target=inference_traffic_route.new"}, {}}},
		{"replace an entity", [][]string{{}, {"-replace=inference_served_entity.new"}}},
		{"replace a route", [][]string{{}, {"-replace=inference_traffic_route.new"}}},
		// What depends on the endpoint's name stays in the plan as it is, so it takes a second apply.
		{"replace the endpoint", [][]string{{}, {"-replace=inference_serving_endpoint.pair"}, {}}},
		{"without a refresh", [][]string{{}, {"-refresh=false"}}},
		{"one at a time", [][]string{{"-parallelism=1"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, anyModel(), "testdata/pair")
			for _, arguments := range c.steps {
				w.apply(arguments...)
			}
			w.wantEmptyPlan()
			wantValidConfigs(t, w)
			wantTraffic(t, w.endpoint(), map[string]int{"old": 70, "new": 30})
		})
	}
}

// What somebody deleted behind Terraform's back is made again, not stumbled over.
func TestDrift(t *testing.T) {
	t.Parallel()
	w := newWorld(t, anyModel(), "testdata/pair")
	w.apply()
	w.request(http.MethodDelete, api.EndpointPath("pair"), nil)
	r := w.run("plan", "-detailed-exitcode", "-input=false", "-no-color")
	if r.code != 2 || !strings.Contains(r.stdout, "Plan: 5 to add, 0 to change, 0 to destroy.") {
		t.Errorf("the plan does not make everything anew: %s", r)
	}
	w.apply()
	w.wantEmptyPlan()
	wantTraffic(t, w.endpoint(), map[string]int{"old": 70, "new": 30})
}
