package mockserver

import (
	"slices"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// stopEndpoint answers stop_endpoint: for endpoints of custom models alone (product documentation).
func (s *Server) stopEndpoint(x *exchange) (api.Endpoint, error) {
	return s.change(x, func(r *draft) error {
		if err := suspendable(r.record); err != nil {
			return err
		}
		if r.Stopped {
			return badRequest("Endpoint '%s' is stopped already.", r.Name)
		}
		r.Stopped, r.Updated = true, x.now
		return nil
	})
}

// startEndpoint answers start_endpoint: what was stopped is deployed anew, as a new config version.
func (s *Server) startEndpoint(x *exchange) (api.Endpoint, error) {
	return s.change(x, func(r *draft) error {
		if err := suspendable(r.record); err != nil {
			return err
		}
		if !r.Stopped {
			return badRequest("Endpoint '%s' is not stopped.", r.Name)
		}
		same := prepared{traffic: r.Active.Traffic, autoCapture: r.Active.AutoCapture}
		for _, e := range r.Active.Entities {
			same.entities = append(same.entities, e.Spec)
		}
		s.revise(r, same, x)
		return nil
	})
}

func suspendable(r *record) error {
	switch {
	case r.updating():
		return currentlyUpdating(r.Name)
	case r.Active == nil || len(r.Active.Entities) == 0:
		return badRequest("Endpoint '%s' has no served entities to stop or start.", r.Name)
	case slices.ContainsFunc(r.Active.Entities, func(e served) bool { return kindOf(e.Spec) != kindCustom }):
		return badRequest("Endpoint '%s' cannot be stopped or started: only endpoints of custom models can.", r.Name)
	}
	return nil
}
