package mockserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// machine sends random requests, right and wrong ones, and holds every answer against what must always be
// true of an endpoint.
type machine struct {
	t       *rapid.T
	s       *Server
	c       http.Client
	now     time.Time
	version map[string]int64 // highest config version seen, by endpoint id
	ready   map[string]bool  // endpoints that have served once
}

func (m *machine) do(method, path string, body any) (int, []byte) {
	var b []byte
	if body != nil {
		var err error
		if b, err = json.Marshal(body); err != nil {
			m.t.Fatal(err)
		}
	}
	return roundTrip(m.t, &m.c, method, path, b)
}

func (m *machine) entity(i int) api.ServedEntityInput {
	lo := int64(980)
	kinds := []func() api.ServedEntityInput{
		func() api.ServedEntityInput {
			return api.ServedEntityInput{EntityName: "m.x.y", EntityVersion: api.Version(fmt.Sprint(i + 1)), EntitySettings: api.EntitySettings{MinProvisionedThroughput: &lo, MaxProvisionedThroughput: &lo}}
		},
		func() api.ServedEntityInput {
			return api.ServedEntityInput{EntityName: "m.x.z", EntityVersion: api.Version(fmt.Sprint(i + 1)), EntitySettings: api.EntitySettings{WorkloadSize: "Small"}}
		},
		func() api.ServedEntityInput { // wrong
			return api.ServedEntityInput{EntityName: "m.x.z"}
		},
	}
	e := kinds[rapid.SampledFrom([]int{0, 0, 0, 1, 1, 1, 1, 2}).Draw(m.t, "kind")]()
	e.Name = fmt.Sprint("n", i)
	return e
}

func (m *machine) config() api.ConfigInput {
	n := rapid.IntRange(0, 3).Draw(m.t, "entities")
	c := api.ConfigInput{ServedEntities: []api.ServedEntityInput{}}
	if n == 0 {
		return c
	}
	c.TrafficConfig = &api.TrafficConfig{}
	rest := 100
	for i := range n {
		c.ServedEntities = append(c.ServedEntities, m.entity(i))
		share := rest
		if i < n-1 {
			share = rapid.IntRange(0, rest).Draw(m.t, "share")
		}
		rest -= share
		c.TrafficConfig.Routes = append(c.TrafficConfig.Routes, api.Route{ServedEntityName: fmt.Sprint("n", i), TrafficPercentage: api.Percent(share)})
	}
	if rapid.IntRange(0, 9).Draw(m.t, "bad split") == 0 {
		c.TrafficConfig.Routes[0].TrafficPercentage++
	}
	return c
}

func (m *machine) name() string {
	return rapid.SampledFrom([]string{"a", "b"}).Draw(m.t, "name")
}

func (m *machine) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"create": func(*rapid.T) {
			c := m.config()
			m.look(m.do("POST", api.PathEndpoints, api.CreateEndpoint{Name: m.name(), Config: &c}))
		},
		"put": func(*rapid.T) {
			name := m.name()
			_, before := m.do("GET", api.EndpointPath(name), nil)
			status, answer := m.do("PUT", api.ConfigPath(name), m.config())
			m.look(status, answer)
			var was api.Endpoint
			if json.Unmarshal(before, &was) == nil && was.Updating() && status == http.StatusOK {
				m.t.Fatalf("a config was accepted while an update rolled out")
			}
		},
		"tags": func(*rapid.T) {
			m.do("PATCH", api.TagsPath(m.name()), api.PatchTags{AddTags: []api.Tag{{Key: "k"}}})
		},
		"fail": func(*rapid.T) {
			m.s.FailDeployment(DeploymentFailure{Entity: "n1", Times: 1})
		},
		"wait":   func(*rapid.T) { m.now = m.now.Add(10 * time.Minute) },
		"delete": func(*rapid.T) { m.do("DELETE", api.EndpointPath(m.name()), nil) },
		"invoke": func(*rapid.T) {
			name := m.name()
			status, _ := m.do("POST", api.InvocationsPath(name), api.Invocation{Prompt: &api.StringList{Values: []string{"x"}, Single: true}})
			if status == http.StatusInternalServerError {
				m.t.Fatalf("invocation: 500")
			}
		},
		"": func(*rapid.T) {
			for _, name := range []string{"a", "b"} {
				m.look(m.do("GET", api.EndpointPath(name), nil))
			}
		},
	}
}

// look holds an endpoint's answer against the invariants.
func (m *machine) look(status int, answer []byte) {
	if status == http.StatusInternalServerError {
		m.t.Fatalf("500: %s", answer)
	}
	if status != http.StatusOK {
		return
	}
	var e api.Endpoint
	if err := json.Unmarshal(answer, &e); err != nil {
		m.t.Fatal(err)
	}
	if v := e.Version(); v < m.version[e.ID] {
		m.t.Fatalf("version went back from %d to %d", m.version[e.ID], v)
	} else {
		m.version[e.ID] = v
	}
	switch pending := e.PendingConfig != nil; {
	case e.State.ConfigUpdate == api.NotUpdating && pending, e.State.ConfigUpdate != api.NotUpdating && !pending:
		m.t.Fatalf("%s with pending config %v", e.State.ConfigUpdate, pending)
	case e.State.Ready == api.ReadyYes && (e.Config == nil || len(e.Config.ServedEntities) == 0):
		m.t.Fatalf("ready with nothing to serve")
	case pending && e.Config != nil && e.PendingConfig.ConfigVersion <= e.Config.ConfigVersion:
		m.t.Fatalf("pending version %d, active %d", e.PendingConfig.ConfigVersion, e.Config.ConfigVersion)
	}
	for _, c := range []*api.ConfigOutput{e.Config, e.PendingConfig} {
		m.lookAtConfig(c)
	}
}

func (m *machine) lookAtConfig(c *api.ConfigOutput) {
	if c == nil {
		return
	}
	if len(c.ServedEntities) != len(c.ServedModels) {
		m.t.Fatalf("%d entities, %d models", len(c.ServedEntities), len(c.ServedModels))
	}
	names := map[string]bool{}
	for i, e := range c.ServedEntities {
		if names[e.Name] || e.Name != c.ServedModels[i].Name || e.State == nil {
			m.t.Fatalf("entity %d: %+v", i, e)
		}
		names[e.Name] = true
	}
	sum := 0
	if c.TrafficConfig != nil {
		for _, r := range c.TrafficConfig.Routes {
			if !names[r.ServedEntityName] || r.ServedEntityName != r.ServedModelName {
				m.t.Fatalf("route %+v", r)
			}
			sum += int(r.TrafficPercentage)
		}
	}
	if want := 100 * min(1, len(names)); sum != want {
		m.t.Fatalf("traffic sums to %d", sum)
	}
}

func TestAnySequenceOfRequests(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{t: t, now: goldenTime, version: map[string]int64{}, ready: map[string]bool{}}
		m.s = New(Options{
			Simulate: true, AnyModel: true, Clock: func() time.Time { return m.now },
			Progression: rapid.SampledFrom([]Progression{Immediate(), Reads(1), Scaled(1)}).Draw(t, "progression"),
		})
		m.c.Transport = m.s.Transport()
		t.Repeat(m.actions())
	})
}
