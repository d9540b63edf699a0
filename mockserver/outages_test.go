package mockserver

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

func TestCrashAndRecovery(t *testing.T) {
	s := New(Options{Simulate: true, Admin: true, Clock: fixedClock})
	c := call(t, s)
	c.ok("POST", api.PathEndpoints, `{"name":"e","config":{"served_entities":[`+pt+`,`+custom+`],"traffic_config":{"routes":[{"served_entity_name":"a","traffic_percentage":100}]}}}`)
	body := `{"prompt":"x","max_tokens":1}`
	c.ok("POST", "/__admin/crash", `{"endpoint":"e","entity":"a","downtime":"5m"}`)
	e := c.get("e")
	if e.State.Ready != api.ReadyNo || e.State.ConfigUpdate != api.NotUpdating || e.Config.ServedEntities[0].State.Deployment != api.DeploymentRecovering || e.Config.ServedEntities[1].State.Deployment != api.DeploymentReady {
		t.Errorf("state %+v", e.State)
	}
	c.refused("POST", api.InvocationsPath("e"), body, http.StatusServiceUnavailable, api.CodeUnavailable, "recovering")
	c.ok("PUT", api.AIGatewayPath("e"), `{"fallback_config":{"enabled":true}}`)
	c.ok("POST", api.InvocationsPath("e"), body)
	s.Advance(5 * time.Minute)
	if e := c.get("e"); e.State.Ready != api.ReadyYes {
		t.Errorf("state after the downtime %+v", e.State)
	}
	if err := s.Crash("token", "e", "none", time.Minute); err == nil {
		t.Error("an unknown entity crashes")
	}
}

func TestScaleToZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Simulate: true, Progression: Scaled(60)})
		c := call(t, s)
		c.ok("POST", api.PathEndpoints, create("e", `{"name":"b","entity_name":"system.ai.llama_3_1_8b_instruct","entity_version":"1","workload_size":"Small","scale_to_zero_enabled":true}`))
		took := func() time.Duration {
			start := time.Now()
			c.ok("POST", api.InvocationsPath("e"), `{"prompt":"x","max_tokens":1}`)
			return time.Since(start)
		}
		time.Sleep(time.Hour)
		if d := took(); d != coldStart/60 {
			t.Errorf("the first call took %v", d)
		}
		if d := took(); d != 0 {
			t.Errorf("the second call took %v", d)
		}
		time.Sleep(scaleToZeroAfter/60 - time.Second)
		if d := took(); d != 0 {
			t.Errorf("a call before the idle time was over took %v", d)
		}
	})
}

func TestRouteOptimized(t *testing.T) {
	c := call(t, New(Options{}))
	e := c.endpoint("POST", api.PathEndpoints, `{"name":"e","route_optimized":true}`)
	if e.EndpointURL != "http://mock.test"+api.InvocationsPath("e") || e.DataPlaneInfo == nil || e.DataPlaneInfo.QueryInfo.EndpointURL != e.EndpointURL {
		t.Errorf("%+v", e)
	}
}
