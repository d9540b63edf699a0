package mockserver

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

func TestImmediateIsSettledInTheReply(t *testing.T) {
	s := New(Options{})
	c := call(t, s)
	e := c.endpoint("POST", api.PathEndpoints, create("e", pt))
	if e.State.Ready != api.ReadyYes || e.State.ConfigUpdate != api.NotUpdating || e.PendingConfig != nil || e.Config.ConfigVersion != 1 {
		t.Fatalf("create: %+v", e)
	}
	e = c.endpoint("PUT", api.ConfigPath("e"), `{"served_entities":[`+pt+`,`+custom+`],`+split+`}`)
	if e.Config.ConfigVersion != 2 || len(e.Config.ServedModels) != 2 || e.Config.ServedModels[1].ModelName != "system.ai.llama_3_1_8b_instruct" {
		t.Fatalf("put: %+v", e)
	}
	e = c.endpoint("PUT", api.ConfigPath("e"), `{"served_entities":[]}`)
	if e.State.Ready != api.ReadyNo || e.State.ConfigUpdate != api.NotUpdating || e.Config.ConfigVersion != 3 || len(e.Config.ServedEntities) != 0 {
		t.Fatalf("empty config: %+v", e)
	}
	if got := s.Endpoints("token"); len(got) != 1 || got[0].Name != "e" {
		t.Fatalf("endpoints: %+v", got)
	}
	c.ok("DELETE", api.EndpointPath("e"), "")
	c.refused("GET", api.EndpointPath("e"), "", http.StatusNotFound, api.CodeNotFound, "'e'")
	if again := c.endpoint("POST", api.PathEndpoints, create("e", pt)); again.ID == e.ID {
		t.Error("a new endpoint has the id of the old one")
	}
}

func TestScaledRolloutTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Progression: Scaled(60)})
		c := call(t, s)
		start := time.Now()
		e := c.endpoint("POST", api.PathEndpoints, create("e", pt))
		if e.State.ConfigUpdate != api.InProgress || e.State.Ready != api.ReadyNo || e.Config != nil || e.PendingConfig.ConfigVersion != 1 || e.PendingConfig.StartTime == 0 {
			t.Fatalf("create: %+v", e)
		}
		c.refused("PUT", api.ConfigPath("e"), `{"served_entities":[`+pt+`]}`, http.StatusConflict, api.CodeConflict, "currently updating")
		c.refused("POST", api.InvocationsPath("e"), `{"prompt":"x"}`, http.StatusServiceUnavailable, api.CodeUnavailable, "not ready")
		for e.Updating() {
			time.Sleep(time.Second)
			e = c.get("e")
		}
		took := time.Since(start)
		if e.State.Ready != api.ReadyYes || took < 20*time.Second || took > time.Minute {
			t.Fatalf("took %v: %+v", took, e.State)
		}
		// The old config serves on while an entity joins, and what is unchanged is ready at once.
		e = c.endpoint("PUT", api.ConfigPath("e"), `{"served_entities":[`+pt+`,`+custom+`],`+split+`}`)
		if e.State.Ready != api.ReadyYes || e.Config.ConfigVersion != 1 || e.PendingConfig.ConfigVersion != 2 {
			t.Fatalf("put: %+v", e)
		}
		states := []api.Deployment{e.PendingConfig.ServedEntities[0].State.Deployment, e.PendingConfig.ServedEntities[1].State.Deployment}
		if states[0] != api.DeploymentReady || states[1] != api.DeploymentCreating {
			t.Fatalf("states: %v", states)
		}
	})
}

func TestReadsAndManual(t *testing.T) {
	c := call(t, New(Options{Progression: Reads(2)}))
	c.ok("POST", api.PathEndpoints, create("e", pt))
	for i, want := range []api.ConfigUpdate{api.InProgress, api.InProgress, api.NotUpdating} {
		if got := c.get("e").State.ConfigUpdate; got != want {
			t.Errorf("read %d: %s, want %s", i+1, got, want)
		}
	}
	s := New(Options{Progression: Manual()})
	c = call(t, s)
	c.ok("POST", api.PathEndpoints, create("e", pt))
	steps := 0
	for c.get("e").Updating() {
		if err := s.Step("token", "e"); err != nil {
			t.Fatal(err)
		}
		steps++
	}
	if steps != 3 {
		t.Errorf("%d steps, want 3: build, provision, load", steps)
	}
	if err := s.Step("token", "e"); err == nil {
		t.Error("a settled endpoint steps on")
	}
}

func TestFailedUpdate(t *testing.T) {
	s := New(Options{})
	c := call(t, s)
	c.ok("POST", api.PathEndpoints, create("e", pt))
	s.FailDeployment(DeploymentFailure{Endpoint: "e", Entity: "b", Stage: StageBuild, Message: "no wheel for torch", BuildLog: "ERROR: torch", Times: 1})
	third := `{"name":"c","entity_name":"system.ai.llama_3_1_8b_instruct","entity_version":"2","workload_size":"Small"}`
	body := `{"served_entities":[` + pt + `,` + custom + `,` + third + `],` + split + `}`
	e := c.endpoint("PUT", api.ConfigPath("e"), body)
	if e.State.Ready != api.ReadyYes || e.State.ConfigUpdate != api.UpdateFailed || e.Config.ConfigVersion != 1 || e.PendingConfig == nil {
		t.Fatalf("failed update: %+v", e)
	}
	for i, want := range []api.EntityState{
		{Deployment: api.DeploymentReady},
		{Deployment: api.DeploymentFailed, DeploymentStateMessage: "no wheel for torch"},
		{Deployment: api.DeploymentAborted, DeploymentStateMessage: "The update was aborted because served entity b failed."},
	} {
		if got := *e.PendingConfig.ServedEntities[i].State; got != want {
			t.Errorf("entity %d: %+v, want %+v", i, got, want)
		}
	}
	var logs api.Logs
	parse(t, c.ok("GET", api.EntityBuildLogsPath("e", "b"), ""), &logs)
	if want := "ERROR: torch\n"; len(logs.Logs) < len(want) || logs.Logs[len(logs.Logs)-len(want):] != want {
		t.Errorf("build log: %q", logs.Logs)
	}
	e = c.endpoint("PUT", api.ConfigPath("e"), body)
	if e.State.ConfigUpdate != api.NotUpdating || e.Config.ConfigVersion != 3 || e.PendingConfig != nil {
		t.Fatalf("next update: %+v", e)
	}
}

// TestSiblingsOfTheSameMoment: who would have been ready when the culprit failed, and not before, is aborted.
func TestSiblingsOfTheSameMoment(t *testing.T) {
	for _, p := range []Progression{Immediate(), Reads(0), Scaled(1), Manual()} {
		s := New(Options{Progression: p, Clock: fixedClock})
		c := call(t, s)
		s.FailDeployment(DeploymentFailure{Entity: "b"})
		sibling := `{"name":"c","entity_name":"system.ai.llama_3_1_8b_instruct","entity_version":"2","workload_size":"Small"}`
		c.ok("POST", api.PathEndpoints, `{"name":"e","config":{"served_entities":[`+sibling+`,`+custom+`],"traffic_config":{"routes":[{"served_entity_name":"b","traffic_percentage":100}]}}}`)
		s.Advance(3 * time.Hour)
		for range 3 {
			_ = s.Step("token", "e") // of use to one progression
		}
		e := c.get("e")
		if e.State.ConfigUpdate != api.UpdateFailed || e.PendingConfig.ServedEntities[0].State.Deployment != api.DeploymentAborted || e.PendingConfig.ServedEntities[1].State.Deployment != api.DeploymentFailed {
			t.Errorf("%+v: %+v", p, e.State)
		}
	}
}
