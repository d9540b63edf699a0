package mockserver

import (
	"net/http"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// TestPathsAreTakenAsSent: no redirect, no cleaning, and an escaped slash stays within its segment.
func TestPathsAreTakenAsSent(t *testing.T) {
	s := New(Options{})
	c := call(t, s)
	c.ok("POST", api.PathEndpoints+"/", create("e", pt))
	c.ok("GET", api.EndpointPath("e")+"/", "")
	for _, path := range []string{
		"/api/2.0//serving-endpoints", "/api/2.0/serving-endpoints/./e", "/api/2.0/x/../serving-endpoints", "/", "//",
	} {
		c.refused("GET", path, "", http.StatusNotFound, api.CodeRouteNotFound, "No API found for 'GET /")
	}
	c.refused("PUT", api.EndpointPath("e"), "{}", http.StatusNotFound, api.CodeRouteNotFound, "No API found for 'PUT "+api.EndpointPath("e")+"'")
	c.refused("GET", api.PathEndpoints+"/a%2Fb", "", http.StatusNotFound, api.CodeNotFound, "'a/b'")
	c.refused("GET", api.PathEndpoints+"/a%20b", "", http.StatusNotFound, api.CodeNotFound, "'a b'")
	for i, want := range []string{"create_endpoint", "get_endpoint", "", "", "", "", "", "", "get_endpoint", "get_endpoint"} {
		if got := s.Requests()[i]; got.Route != want {
			t.Errorf("%s %s is route %q, want %q", got.Method, got.Path, got.Route, want)
		}
	}
}
