package mockserver

import (
	"fmt"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// createPT answers create_pt_endpoint: all entities run on model units.
func (s *Server) createPT(x *exchange, req api.CreateEndpoint) (api.Endpoint, error) {
	if req.Config == nil {
		return api.Endpoint{}, invalid("config", "is required")
	}
	if err := onlyUnits(*req.Config); err != nil {
		return api.Endpoint{}, err
	}
	return s.createEndpoint(x, req)
}

// putPTConfig answers put_pt_config, which takes effect at once (reference page). The config is wrapped here.
func (s *Server) putPTConfig(x *exchange, req api.UpdatePT) (api.Endpoint, error) {
	if req.Config == nil {
		return api.Endpoint{}, invalid("config", "is required")
	}
	if err := onlyUnits(*req.Config); err != nil {
		return api.Endpoint{}, err
	}
	return s.change(x, func(r *draft) error {
		if r.updating() {
			return currentlyUpdating(r.Name)
		}
		if spec, ok := r.firstSpec(); ok && kindOf(spec) != kindUnits {
			return badRequest("Endpoint '%s' was not created with model units: use the config route.", r.Name)
		}
		config, err := s.prepare(x.tenant, *req.Config, "config.", r.Name, r.record)
		if err != nil {
			return err
		}
		s.revise(r, config, x)
		r.Pending.Instant = true
		for i := range r.Pending.Entities {
			r.Pending.Entities[i].Plan, r.Pending.Entities[i].Failure = nil, nil
		}
		return nil
	})
}

func onlyUnits(c api.ConfigInput) error {
	if len(c.ServedModels) > 0 || len(c.ServedEntities) == 0 {
		return invalid("config.served_entities", "is required, and served_models is not possible here")
	}
	for i, e := range c.ServedEntities {
		if kindOf(e) != kindUnits {
			return invalid(fmt.Sprintf("config.served_entities[%d].provisioned_model_units", i), "is required")
		}
	}
	return nil
}
