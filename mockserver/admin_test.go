package mockserver

import (
	"net/http"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

func TestAdminRoutes(t *testing.T) {
	s := New(Options{Admin: true, Progression: Manual()})
	c := call(t, s)
	c.ok("POST", "/__admin/faults", `{"route":"create_endpoint","status":503,"times":1}`)
	c.refused("POST", api.PathEndpoints, create("e", pt), 503, api.CodeUnavailable, "")
	c.ok("POST", "/__admin/faults", `{"status":503}`)
	c.ok("DELETE", "/__admin/faults", "")
	c.ok("POST", "/__admin/failures", `{"entity":"b","message":"broken","times":1}`)
	c.ok("POST", api.PathEndpoints, create("e", custom))
	for c.get("e").Updating() {
		c.ok("POST", "/__admin/step", `{"endpoint":"e"}`)
	}
	if e := c.get("e"); e.State.ConfigUpdate != api.UpdateFailed {
		t.Errorf("state %+v", e.State)
	}
	c.refused("POST", "/__admin/step", `{"endpoint":"e"}`, http.StatusBadRequest, api.CodeBadRequest, "no rollout")
	c.refused("POST", "/__admin/faults", `{"rout":"x"}`, http.StatusBadRequest, api.CodeInvalidParameter, "rout ")
	list := c.ok("GET", "/__admin/requests", "")
	if !strings.Contains(list, `"route":"create_endpoint"`) || strings.Contains(list, "__admin") {
		t.Errorf("requests %s", list)
	}
	c.ok("DELETE", "/__admin/requests", "")
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests after the reset", n)
	}
	c.ok("POST", "/__admin/reset", "")
	if n := len(s.Endpoints("token")); n != 0 {
		t.Errorf("%d endpoints after the reset", n)
	}
	call(t, New(Options{})).refused("GET", "/__admin/requests", "", http.StatusNotFound, api.CodeRouteNotFound, "/__admin/requests")
}

func TestAdminClock(t *testing.T) {
	c := call(t, New(Options{Admin: true, Progression: Scaled(1), Clock: fixedClock}))
	c.ok("POST", api.PathEndpoints, create("e", custom))
	c.ok("POST", "/__admin/clock", `{"advance":"2h"}`)
	if e := c.get("e"); e.State.Ready != api.ReadyYes {
		t.Errorf("state %+v", e.State)
	}
	c.refused("POST", "/__admin/clock", `{"advance":"-2h"}`, http.StatusBadRequest, api.CodeInvalidParameter, "advance")
}

func TestSnapshotAndRestore(t *testing.T) {
	s := New(Options{Admin: true, Clock: fixedClock})
	fill(t, s)
	before := seen(t, s)
	c := call(t, s)
	snap := c.ok("GET", "/__admin/snapshot", "")
	if strings.Contains(snap, canary) {
		t.Error("the snapshot holds a secret")
	}
	c.ok("DELETE", api.EndpointPath("a"), "")
	c.ok("POST", api.PathEndpoints, create("later", custom))
	c.ok("POST", "/__admin/restore", snap)
	if after := seen(t, s); after != before {
		t.Errorf("before %s\n after %s", before, after)
	}
	if _, answer := c.do("POST", "/__admin/restore", `{"workspaces":{"w":{"endpoints":[null]}}}`); !strings.Contains(answer, "endpoint 1 of workspace w is null") {
		t.Errorf("a snapshot with a hole: %s", answer)
	}
	if _, answer := c.do("POST", "/__admin/restore", `{"workspaces":3}`); !strings.Contains(answer, "workspaces must be an object") {
		t.Errorf("a broken snapshot: %s", answer)
	}
}

func TestOperationLimit(t *testing.T) {
	s := New(Options{OperationLimit: 2, Clock: fixedClock})
	c := call(t, s)
	c.ok("POST", api.PathEndpoints, create("e", pt))
	c.ok("PUT", api.ConfigPath("e"), `{"served_entities":[`+custom+`]}`)
	c.refused("POST", api.PathEndpoints, create("f", pt), http.StatusTooManyRequests, api.CodeLimitExceeded, "limit of operations")
	s.Advance(operationsWindow)
	c.ok("POST", api.PathEndpoints, create("f", pt))
}
