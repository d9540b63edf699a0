package coordinator_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/client"
	"github.com/inference-iac/terraform-provider-inference/internal/coordinator"
	"github.com/inference-iac/terraform-provider-inference/internal/endpointconfig"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

const (
	endpoint = "ep"
	token    = "t"
)

// rig is a coordinator over the real client over the real server, without a socket and in virtual time.
type rig struct {
	*coordinator.Coordinator
	server *mockserver.Server
	client *client.Client
}

// inBubble runs f on a rig whose endpoint exists and is empty.
func inBubble(t *testing.T, o mockserver.Options, f func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o.AnyModel = true
		r := &rig{server: mockserver.New(o)}
		t.Cleanup(func() {
			if err := r.server.Close(); err != nil {
				t.Error(err)
			}
		})
		var err error
		r.client, err = client.New(client.Config{Host: "http://mock.test", Token: token, Transport: r.server.Transport()})
		if err != nil {
			t.Fatal(err)
		}
		r.Coordinator = r.another()
		if _, err := r.client.CreateEndpoint(t.Context(), api.CreateEndpoint{Name: endpoint}); err != nil {
			t.Fatal(err)
		}
		r.server.ResetRequests()
		f(t, r)
	})
}

// another is a coordinator of another process on the same workspace.
func (r *rig) another() *coordinator.Coordinator {
	return coordinator.New(r.client, coordinator.Options{Jitter: func() float64 { return 0.5 }})
}

// count is how often a route was asked.
func (r *rig) count(route string) int {
	n := 0
	for _, q := range r.server.Requests() {
		if q.Route == route {
			n++
		}
	}
	return n
}

// accepted is how many config updates the server took.
func (r *rig) accepted() int {
	n := 0
	for _, q := range r.server.Requests() {
		if q.Route == "put_config" && q.Status == 200 {
			n++
		}
	}
	return n
}

func (r *rig) get(t *testing.T) api.Endpoint {
	t.Helper()
	e, err := r.client.GetEndpoint(t.Context(), endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (r *rig) split(t *testing.T) string {
	t.Helper()
	return endpointconfig.FormatShares(endpointconfig.Shares(r.get(t).Target()))
}

func spec(name, version string) api.ServedEntityInput {
	no := false
	return api.ServedEntityInput{
		Name: name, EntityName: "main.models." + name, EntityVersion: api.Version(version),
		EntitySettings: api.EntitySettings{WorkloadSize: "Small", ScaleToZeroEnabled: &no},
	}
}

func add(name string) coordinator.Mutation {
	return func(d *endpointconfig.Draft) error { return d.AddEntity(spec(name, "1")) }
}

func remove(name string) coordinator.Mutation {
	return func(d *endpointconfig.Draft) error { d.RemoveEntity(name); return nil }
}

func claim(name string, percent int) coordinator.Mutation {
	return func(d *endpointconfig.Draft) error { return d.Claim(name, percent) }
}

// invalid adds an entity that the server refuses.
func invalid(name string) coordinator.Mutation {
	return func(d *endpointconfig.Draft) error {
		e := spec(name, "1")
		e.WorkloadSize = ""
		return d.AddEntity(e)
	}
}

func numbered(n int, f func(i int) coordinator.Mutation) []coordinator.Mutation {
	ms := make([]coordinator.Mutation, n)
	for i := range ms {
		ms[i] = f(i)
	}
	return ms
}

// rollAll rolls every mutation at once, as -parallelism=n does it.
func rollAll(ctx context.Context, c *coordinator.Coordinator, ms ...coordinator.Mutation) []error {
	errs := make([]error, len(ms))
	var all sync.WaitGroup
	for i, m := range ms {
		all.Go(func() { _, errs[i] = c.Roll(ctx, endpoint, m, nil) })
	}
	all.Wait()
	return errs
}

func mustRoll(t *testing.T, c *coordinator.Coordinator, ms ...coordinator.Mutation) {
	t.Helper()
	for i, err := range rollAll(t.Context(), c, ms...) {
		if err != nil {
			t.Fatalf("mutation %d: %v", i, err)
		}
	}
}

func name(i int) string { return fmt.Sprintf("e%02d", i) }

// real is a progression with stages of real length, an hour and more for what is large.
func realTime() mockserver.Options { return mockserver.Options{Progression: mockserver.Scaled(1)} }

func elapsed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}
