package mockserver

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

func alreadyExists(name string) error {
	return refuse(http.StatusConflict, api.CodeAlreadyExists, "Endpoint with name '%s' already exists.", name)
}

func currentlyUpdating(name string) error {
	return refuse(http.StatusConflict, api.CodeConflict, "Endpoint '%s' is currently updating: wait until the update has ended.", name)
}

// createEndpoint answers create_endpoint. Without a config, or with an empty one, the endpoint is made empty.
func (s *Server) createEndpoint(x *exchange, req api.CreateEndpoint) (api.Endpoint, error) {
	if err := x.tenant.operate(s.opts.OperationLimit, x.now); err != nil {
		return api.Endpoint{}, err
	}
	if err := checkCreate(req); err != nil {
		return api.Endpoint{}, err
	}
	var config *prepared
	if c := req.Config; c != nil && len(c.ServedEntities)+len(c.ServedModels) > 0 {
		p, err := s.prepare(x.tenant, *c, "config.", req.Name, nil)
		if err != nil {
			return api.Endpoint{}, err
		}
		config = &p
	} else if c != nil && c.TrafficConfig != nil && len(c.TrafficConfig.Routes) > 0 {
		return api.Endpoint{}, invalid("config.traffic_config", "names served entities, but the config has none")
	}
	r, err := x.tenant.create(x.ctx, req.Name, s.opts.Progression, x.now, func(id string) (*draft, error) {
		r := x.tenant.draft(&record{
			Name: req.Name, ID: id, Creator: x.user, Created: x.now, Updated: x.now,
			Description: deref(req.Description), Task: deref(req.Task), RouteOptimized: req.RouteOptimized != nil && *req.RouteOptimized,
			BudgetPolicyID: deref(req.BudgetPolicyID), Tags: sortedTags(req.Tags), AIGateway: completeGateway(req.AIGateway, req.Name),
			RateLimits: req.RateLimits, Notifications: req.EmailNotifications, Telemetry: storedTelemetry(req.TelemetryConfig),
			Access: []api.AccessControl{{Principal: api.Principal{UserName: x.user}, PermissionLevel: api.PermissionManage}},
		})
		if config != nil {
			s.revise(r, *config, x)
		}
		return r, nil
	})
	if err != nil {
		return api.Endpoint{}, err
	}
	return s.show(x, s.settle(x, r)), nil
}

func checkCreate(req api.CreateEndpoint) error {
	if req.Name == "" {
		return invalid("name", "is required")
	}
	if err := checkName("name", req.Name); err != nil {
		return err
	}
	if err := checkDescription(deref(req.Description)); err != nil {
		return err
	}
	if len(req.Tags) > maxTags {
		return invalid("tags", "must have at most %d elements, got %d", maxTags, len(req.Tags))
	}
	if err := checkTags("tags", req.Tags); err != nil {
		return err
	}
	if err := checkGateway(req.AIGateway, nil, "ai_gateway."); err != nil {
		return err
	}
	return checkLegacyLimits(req.RateLimits)
}

// listEndpoints answers list_endpoints with summaries.
func (s *Server) listEndpoints(x *exchange) (api.EndpointList, error) {
	var out api.EndpointList
	for _, r := range x.tenant.list(s.opts.Progression, x.now) {
		if r.level(x.caller) >= mayView {
			out.Endpoints = append(out.Endpoints, summary(s.show(x, r)))
		}
	}
	return out, nil
}

// getEndpoint answers get_endpoint.
func (s *Server) getEndpoint(x *exchange) (api.Endpoint, error) {
	r, err := x.tenant.observe(x.ctx, x.vars["name"], s.opts.Progression, x.now)
	if err != nil {
		return api.Endpoint{}, err
	}
	return s.show(x, r), nil
}

// putConfig answers put_config: the whole config is replaced, unless an update rolls out.
func (s *Server) putConfig(x *exchange, req api.ConfigInput) (api.Endpoint, error) {
	if req.ServedEntities == nil && len(req.ServedModels) == 0 {
		return api.Endpoint{}, invalid("served_entities", "is required")
	}
	if s.opts.RefuseEmptyConfig && len(req.ServedEntities)+len(req.ServedModels) == 0 {
		return api.Endpoint{}, invalid("served_entities", "must have at least one element")
	}
	return s.change(x, func(r *draft) error {
		if r.updating() {
			return currentlyUpdating(r.Name)
		}
		config, err := s.prepare(x.tenant, req, "", r.Name, r.record)
		if err != nil {
			return err
		}
		s.revise(r, config, x)
		return nil
	})
}

// change updates the endpoint of the path and shows it.
func (s *Server) change(x *exchange, f func(*draft) error) (api.Endpoint, error) {
	if err := x.tenant.operate(s.opts.OperationLimit, x.now); err != nil {
		return api.Endpoint{}, err
	}
	r, err := x.tenant.update(x.ctx, x.vars["name"], s.opts.Progression, x.now, f)
	if err != nil {
		return api.Endpoint{}, err
	}
	return s.show(x, s.settle(x, r)), nil
}

// deleteEndpoint answers delete_endpoint. What runs for the endpoint outside is stopped soon after.
func (s *Server) deleteEndpoint(x *exchange) (nothing, error) {
	err := x.tenant.delete(x.ctx, x.vars["name"], s.opts.Progression, x.now)
	s.look()
	return nothing{}, err
}

// patchTags answers patch_tags: adding an existing key replaces its value.
func (s *Server) patchTags(x *exchange, req api.PatchTags) (api.TagList, error) {
	if err := checkTags("add_tags", req.AddTags); err != nil {
		return api.TagList{}, err
	}
	r, err := x.tenant.update(x.ctx, x.vars["name"], s.opts.Progression, x.now, func(r *draft) error {
		kept := slices.DeleteFunc(slices.Clone(r.Tags), func(t api.Tag) bool {
			return slices.Contains(req.DeleteTags, t.Key) ||
				slices.ContainsFunc(req.AddTags, func(a api.Tag) bool { return a.Key == t.Key })
		})
		r.Tags = sortedTags(append(kept, req.AddTags...))
		if len(r.Tags) > maxTags {
			return invalid("add_tags", "would leave %d tags: an endpoint has at most %d", len(r.Tags), maxTags)
		}
		return nil
	})
	if err != nil {
		return api.TagList{}, err
	}
	return api.TagList{Tags: append([]api.Tag{}, r.Tags...)}, nil
}

// sortedTags is the server's order of tags; clients must not rely on theirs.
func sortedTags(tags []api.Tag) []api.Tag {
	out := slices.Clone(tags)
	slices.SortFunc(out, func(a, b api.Tag) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
