package mockserver

import (
	"net/http"
	"slices"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// externalFunction answers external_function. A workspace of this server has no connections, and a destination
// is never taken from a request, so that a call that is well formed names a connection that does not exist.
func (s *Server) externalFunction(_ *exchange, req api.ExternalFunction) (nothing, error) {
	for _, f := range []struct{ field, value string }{
		{"connection_name", req.ConnectionName}, {"method", req.Method}, {"path", req.Path},
	} {
		if f.value == "" {
			return nothing{}, invalid(f.field, "is required")
		}
	}
	methods := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	if !slices.Contains(methods, req.Method) {
		return nothing{}, invalid("method", "must be one of %s, got %q", strings.Join(methods, ", "), req.Method)
	}
	return nothing{}, refuse(http.StatusNotFound, api.CodeNotFound, "Connection '%s' does not exist.", req.ConnectionName)
}
