package mockserver

import (
	"net/http"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

func TestParseProgression(t *testing.T) {
	for text, want := range map[string]Progression{
		"immediate": Immediate(), "manual": Manual(), "reads(0)": Reads(0), "reads(3)": Reads(3), "time": Scaled(1), "time(600)": Scaled(600), "time(0.5)": Scaled(0.5),
	} {
		if got, err := ParseProgression(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "reads", "reads(-1)", "reads(x)", "time(0)", "time(-1)", "manual(1)", "immediately"} {
		if p, err := ParseProgression(text); err == nil {
			t.Errorf("%s is %+v", text, p)
		}
	}
	if Scaled(0) != Scaled(1) || Reads(-1) != Reads(0) {
		t.Error("values that make no sense are not mended")
	}
}

// TestFaultThatOnlyWatches: without a status or a cut connection the real answer goes out.
func TestFaultThatOnlyWatches(t *testing.T) {
	s := New(Options{Simulate: true})
	c := call(t, s)
	c.ok("POST", api.PathEndpoints, create("e", pt))
	var statuses []int
	s.Fault(Fault{Route: "get_endpoint", After: true, Do: func(r Recorded) { statuses = append(statuses, r.Status) }})
	s.Fault(Fault{Route: "invoke_endpoint", After: true, Do: func(r Recorded) { statuses = append(statuses, r.Status) }})
	if e := c.get("e"); e.Name != "e" {
		t.Errorf("answer %+v", e)
	}
	if answer := c.ok("POST", api.InvocationsPath("e"), `{"prompt":"x","max_tokens":1,"stream":true}`); answer == "" {
		t.Error("no stream")
	}
	c.refused("GET", api.EndpointPath("none"), "", http.StatusNotFound, api.CodeNotFound, "none")
	if !equal(statuses, []int{200, 200, 404}) {
		t.Errorf("seen %v", statuses)
	}
}
