package acctest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
	"github.com/inference-iac/terraform-provider-inference/provider"
)

// Environment is a mock server of one test's own and the provider that talks to it.
type Environment struct {
	*mockserver.Server
	Host  string
	Token string
	// BatchWindow of provider blocks: long enough that siblings meet even on a busy machine.
	BatchWindow string
	// Offline configures providers with a host that is not known yet.
	Offline bool

	schemas func() (*tfprotov6.GetProviderSchemaResponse, error)
}

// Option changes how the mock server of a test behaves.
type Option func(*mockserver.Options)

// WithProgression sets how deployments move on; the default is at once.
func WithProgression(p mockserver.Progression) Option {
	return func(o *mockserver.Options) { o.Progression = p }
}

// RefuseEmptyConfig makes the server refuse a config without served entities.
func RefuseEmptyConfig() Option { return func(o *mockserver.Options) { o.RefuseEmptyConfig = true } }

// Start serves until the test ends. Invocations are answered by a simulated model, and every model exists as
// an optimizable one with steps of 980 tokens per second.
func Start(t testing.TB, options ...Option) *Environment {
	t.Helper()
	o := mockserver.Options{AnyModel: true, Simulate: true}
	for _, change := range options {
		change(&o)
	}
	s := mockserver.New(o)
	host, err := s.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the mock server: %v", err)
		}
	})
	e := &Environment{Server: s, Host: host, BatchWindow: "50ms", Token: "token-of-" + strings.NewReplacer("/", "-").Replace(t.Name())}
	e.schemas = sync.OnceValues(func() (*tfprotov6.GetProviderSchemaResponse, error) {
		return e.NewProvider().GetProviderSchema(context.WithoutCancel(t.Context()), &tfprotov6.GetProviderSchemaRequest{})
	})
	return e
}

// Factories serves the provider in process over plugin protocol 6. Environment variables are not looked at.
func (e *Environment) Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"inference": func() (tfprotov6.ProviderServer, error) { return e.NewProvider(), nil },
	}
}

// Schemas are those of the provider and all that it offers.
func (e *Environment) Schemas(t testing.TB) *tfprotov6.GetProviderSchemaResponse {
	t.Helper()
	s, err := e.schemas()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// NewProvider returns a provider server that nobody has configured yet.
func (e *Environment) NewProvider() tfprotov6.ProviderServer {
	none := func(string) string { return "" }
	return providerserver.NewProtocol6(provider.NewWithEnvironment("test", none)())()
}

// Config is a configuration whose provider block leads to the environment's server.
func (e *Environment) Config(hcl string) string {
	return fmt.Sprintf(`
provider "inference" {
  host          = %q
  token         = %q
  poll_interval = "10ms"
  batch_window  = %q
  retry_timeout = "20s"
}
`, e.Host, e.Token, e.BatchWindow) + hcl
}

// Count is the number of requests to a route since the last reset.
func (e *Environment) Count(route string) int {
	n := 0
	for _, r := range e.Requests() {
		if r.Route == route {
			n++
		}
	}
	return n
}

// Writes lists the routes of all requests that change something, in their order.
func (e *Environment) Writes() []string {
	var routes []string
	for _, r := range e.Requests() {
		if r.Method != http.MethodGet {
			routes = append(routes, r.Route)
		}
	}
	return routes
}

// Bodies lists the bodies that were sent to a route.
func (e *Environment) Bodies(route string) []string {
	var bodies []string
	for _, r := range e.Requests() {
		if r.Route == route {
			bodies = append(bodies, string(r.Body))
		}
	}
	return bodies
}

// Endpoint is an endpoint of the test's workspace.
func (e *Environment) Endpoint(name string) (api.Endpoint, bool) {
	for _, ep := range e.Endpoints(e.Token) {
		if ep.Name == name {
			return ep, true
		}
	}
	return api.Endpoint{}, false
}
