package blackbox

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// A rollout that fails says why in the server's words, loses nothing, and is mended by the next apply.
func TestFailedRollout(t *testing.T) {
	t.Parallel()
	const reason = "No GPU of type A100 came free within 120 minutes."
	w := newWorld(t, anyModel(), "testdata/pair")
	w.server.FailDeployment(mockserver.DeploymentFailure{Entity: "new", Stage: mockserver.StageProvision, Message: reason, Times: 1})

	r := w.run("apply", "-auto-approve", "-input=false", "-no-color")
	if r.code == 0 {
		t.Fatalf("the apply succeeded: %s", r)
	}
	if text := unwrapped(r.stderr); !strings.Contains(text, reason) {
		t.Errorf("the message does not hold the server's reason %q:\n%s", reason, r.stderr)
	}
	if status := w.statuses(); status["inference_served_entity.new"] != "tainted" {
		t.Errorf("the entity that failed is %q in state, want tainted: %v", status["inference_served_entity.new"], status)
	}
	if _, ok := w.statuses()["inference_serving_endpoint.pair"]; !ok {
		t.Errorf("the endpoint is gone from state")
	}

	w.apply()
	w.wantEmptyPlan()
	wantTraffic(t, w.endpoint(), map[string]int{"old": 70, "new": 30})
	wantValidConfigs(t, w)
}

// statuses reads the state file: resource address to its status, empty for a healthy one.
func (w *world) statuses() map[string]string {
	w.t.Helper()
	var state struct {
		Resources []struct {
			Mode, Type, Name string
			Instances        []struct{ Status string }
		}
	}
	if err := json.Unmarshal([]byte(w.must("state", "pull").stdout), &state); err != nil {
		w.t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range state.Resources {
		for _, i := range r.Instances {
			if r.Mode == "managed" {
				out[r.Type+"."+r.Name] = i.Status
			}
		}
	}
	return out
}

// unwrapped undoes the frame and the line breaks that the CLI puts around diagnostics.
func unwrapped(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(s)), " ")
}
