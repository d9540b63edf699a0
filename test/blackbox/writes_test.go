package blackbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// anyModel registers nothing and takes everything; a rollout takes a tenth of a second.
func anyModel() mockserver.Options {
	return mockserver.Options{AnyModel: true, Progression: mockserver.Scaled(4000)}
}

// patient gives siblings the time to start that a machine takes which is busy with other tests.
const patient = "-var=batch_window=1500ms"

// Ten siblings are one write, whatever Terraform's parallelism lets them be; only when it lets one run at a
// time are they more.
func TestTenEntitiesAreOneConfigUpdate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		parallelism int
		window      string
		maxPuts     int
	}{
		{10, patient, 2},
		{1, "-var=batch_window=10ms", 20},
		{50, patient, 2},
	} {
		t.Run(fmt.Sprintf("parallelism=%d", c.parallelism), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, anyModel(), "testdata/ten")
			w.apply(fmt.Sprintf("-parallelism=%d", c.parallelism), c.window)

			if n := w.count("create_endpoint"); n != 1 {
				t.Errorf("%d POSTs, want 1", n)
			}
			if n := w.count("put_config"); n < 1 || n > c.maxPuts {
				t.Errorf("%d config PUTs, want 1 to %d", n, c.maxPuts)
			}
			wantValidConfigs(t, w)
			wantTraffic(t, w.endpoint(), map[string]int{
				"v1": 28, "v2": 20, "v3": 15, "v4": 10, "v5": 8, "v6": 6, "v7": 5, "v8": 4, "v9": 3, "v10": 1,
			})

			w.server.ResetRequests()
			w.wantEmptyPlan("-parallelism=10")
			if n := w.count("get_endpoint"); n > 2 {
				t.Errorf("a refresh of 21 resources took %d GETs, want at most 2", n)
			}
			if n := w.count("put_config"); n != 0 {
				t.Errorf("a plan wrote %d configs", n)
			}
		})
	}
}

// Ten percentages move at once, in whatever order: no config on the way may be invalid.
func TestShiftOfTenRoutes(t *testing.T) {
	t.Parallel()
	for _, parallelism := range []int{1, 10} {
		t.Run(fmt.Sprintf("parallelism=%d", parallelism), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, anyModel(), "testdata/ten")
			w.apply()
			w.server.ResetRequests()
			w.apply("-var=percentages=[1,3,4,5,6,8,10,15,20,28]", fmt.Sprintf("-parallelism=%d", parallelism), patient)
			wantValidConfigs(t, w)
			wantTraffic(t, w.endpoint(), map[string]int{
				"v1": 1, "v2": 3, "v3": 4, "v4": 5, "v5": 6, "v6": 8, "v7": 10, "v8": 15, "v9": 20, "v10": 28,
			})
			if n := w.count("put_config"); parallelism == 10 && n != 1 {
				t.Errorf("%d config PUTs, want 1", n)
			}
			w.wantEmptyPlan("-var=percentages=[1,3,4,5,6,8,10,15,20,28]")
		})
	}
}

// Destroy is a few writes too, and leaves nothing.
func TestDestroyOfTen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, anyModel(), "testdata/ten")
	w.apply()
	w.server.ResetRequests()
	w.must("destroy", "-auto-approve", "-input=false", "-no-color", "-parallelism=10", patient)
	wantValidConfigs(t, w)
	if n := w.count("put_config"); n > 2 {
		t.Errorf("%d config PUTs, want at most 2", n)
	}
	if left := w.server.Endpoints(w.token); len(left) != 0 {
		t.Errorf("%d endpoints are left", len(left))
	}
}

// wantValidConfigs looks at every config that was ever sent.
func wantValidConfigs(t *testing.T, w *world) {
	t.Helper()
	for _, r := range w.server.Requests() {
		if r.Route != "put_config" {
			continue
		}
		if r.Status >= http.StatusBadRequest && r.Status != http.StatusConflict {
			t.Errorf("request %d: status %d", r.Seq, r.Status)
		}
		var c api.ConfigInput
		if err := json.Unmarshal(r.Body, &c); err != nil {
			t.Fatalf("request %d: %v", r.Seq, err)
		}
		if len(c.ServedEntities) == 0 {
			continue
		}
		var names []string
		for _, e := range c.ServedEntities {
			names = append(names, e.Name)
		}
		if c.TrafficConfig == nil {
			t.Errorf("request %d: entities %v without traffic", r.Seq, names)
			continue
		}
		sum := 0
		for _, route := range c.TrafficConfig.Routes {
			sum += int(route.TrafficPercentage)
			if !slices.Contains(names, route.ServedEntityName) {
				t.Errorf("request %d: a route to %q, which is none of %v", r.Seq, route.ServedEntityName, names)
			}
		}
		if sum != 100 {
			t.Errorf("request %d: the routes sum to %d: %s", r.Seq, sum, r.Body)
		}
	}
}

func wantTraffic(t *testing.T, e api.Endpoint, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	if e.Config != nil && e.Config.TrafficConfig != nil {
		for _, r := range e.Config.TrafficConfig.Routes {
			got[r.ServedEntityName] = int(r.TrafficPercentage)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("traffic %v, want %v", got, want)
	}
}
