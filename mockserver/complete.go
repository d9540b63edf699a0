package mockserver

import (
	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// prepared is a config that was completed and proven valid.
type prepared struct {
	entities    []api.ServedEntityInput
	traffic     []api.Route
	autoCapture *api.AutoCaptureConfig
}

// prepare completes a config by the server's defaults and proves it valid. Prefix is the path of the config
// in the request; before is the endpoint as it was, nil at creation.
func (s *Server) prepare(w *workspace, in api.ConfigInput, prefix, endpoint string, before *record) (prepared, error) {
	field := prefix + "served_entities"
	if len(in.ServedModels) > 0 {
		if in.ServedEntities != nil {
			return prepared{}, invalid(prefix+"served_models", "and served_entities exclude each other")
		}
		field = prefix + "served_models"
		for _, m := range in.ServedModels {
			in.ServedEntities = append(in.ServedEntities, m.Entity())
		}
	}
	out := prepared{entities: make([]api.ServedEntityInput, len(in.ServedEntities))}
	for i, e := range in.ServedEntities {
		out.entities[i] = s.completeEntity(w, e, before)
	}
	if err := s.checkConfig(w, out.entities, field); err != nil {
		return prepared{}, err
	}
	if err := checkConversion(out.entities, before, field); err != nil {
		return prepared{}, err
	}
	traffic, err := completeTraffic(in.TrafficConfig, out.entities, prefix+"traffic_config")
	if err != nil {
		return prepared{}, err
	}
	out.traffic = traffic
	out.autoCapture, err = completeCapture(in.AutoCaptureConfig, endpoint, before, prefix+"auto_capture_config")
	return out, err
}

// completeEntity fills in what the server knows: the name, the compute, the provider of the one block that
// is set, and plaintext secrets that it was given before.
func (s *Server) completeEntity(w *workspace, e api.ServedEntityInput, before *record) api.ServedEntityInput {
	e = e.Clone()
	e.Name = e.ResolvedName()
	switch kindOf(e) {
	case kindExternal:
		completeProvider(e.ExternalModel)
		inheritSecrets(e, before)
	case kindThroughput, kindUnits:
		if e.WorkloadSize == "" && kindOf(e) == kindThroughput && e.MinProvisionedConcurrency == nil {
			e.WorkloadSize = "Small"
		}
		if m, missing := s.model(w, e); e.WorkloadType == "" && missing == "" {
			e.WorkloadType = recommendedGPU(m.Parameters)
		}
	case kindCustom:
		if e.WorkloadType == "" {
			e.WorkloadType = api.WorkloadCPU
		}
	}
	return e
}

// recommendedGPU is the table of the optimized-serving document: up to 34B parameters one A100, above two.
func recommendedGPU(parameters int64) string {
	if parameters <= 34e9 {
		return "GPU_LARGE"
	}
	return "GPU_LARGE_2"
}

// completeProvider names the provider of the only block that is set, since documents leave it out.
func completeProvider(m *api.ExternalModel) {
	if m.Provider != "" {
		return
	}
	provider, n := "", 0
	for _, b := range m.Blocks() {
		if b.Set {
			provider, n = b.Provider, n+1
		}
	}
	if n == 1 {
		m.Provider = provider
	}
}

// inheritSecrets gives an entity that comes without a needed key the plaintext that the server holds for the
// same name and provider. Answers never show plaintext, so a full replacement by somebody who read the
// config would lose it otherwise (inferred).
func inheritSecrets(e api.ServedEntityInput, before *record) {
	if before == nil {
		return
	}
	for _, v := range []*revision{before.Pending, before.Active} {
		old, ok := v.entity(e.Name)
		if !ok || old.Spec.ExternalModel == nil || old.Spec.ExternalModel.Provider != e.ExternalModel.Provider {
			continue
		}
		held := map[string]string{}
		for _, s := range neededSecrets(old.Spec.ExternalModel) {
			held[s.Field] = *s.Plaintext
		}
		for _, s := range neededSecrets(e.ExternalModel) {
			if *s.Reference == "" && *s.Plaintext == "" {
				*s.Plaintext = held[s.Field]
			}
		}
	}
}

// checkConversion refuses to turn an endpoint of external models into one of others, or back.
func checkConversion(entities []api.ServedEntityInput, before *record, field string) error {
	if before == nil || before.Active == nil || len(before.Active.Entities) == 0 || len(entities) == 0 {
		return nil
	}
	if (before.Active.Entities[0].Spec.ExternalModel == nil) != (entities[0].ExternalModel == nil) {
		return invalid(field, "would turn an endpoint of external models into one of other models or back: create a new endpoint")
	}
	return nil
}

// completeTraffic gives a lone entity all requests, and repeats both keys of each route.
func completeTraffic(in *api.TrafficConfig, entities []api.ServedEntityInput, field string) ([]api.Route, error) {
	switch {
	case in == nil && len(entities) == 1:
		in = &api.TrafficConfig{Routes: []api.Route{{ServedEntityName: entities[0].Name, TrafficPercentage: 100}}}
	case (in == nil || len(in.Routes) == 0) && len(entities) == 0:
		return nil, nil
	case in == nil:
		return nil, invalid(field, "is required where an endpoint serves more than one entity")
	}
	if err := checkTraffic(in.Routes, entities, field+".routes"); err != nil {
		return nil, err
	}
	routes := make([]api.Route, len(in.Routes))
	for i, r := range in.Routes {
		name := r.Entity()
		routes[i] = api.Route{ServedModelName: name, ServedEntityName: name, TrafficPercentage: r.TrafficPercentage}
	}
	return routes, nil
}

// completeCapture names the payload table, and refuses to change where an enabled capture writes.
func completeCapture(in *api.AutoCaptureConfig, endpoint string, before *record, field string) (*api.AutoCaptureConfig, error) {
	var old *api.AutoCaptureConfig
	if before != nil && before.Active != nil {
		old = before.Active.AutoCapture
	}
	if in == nil {
		return nil, nil
	}
	c := in.Clone()
	c.State = nil
	if c.TableNamePrefix == "" {
		c.TableNamePrefix = endpoint
	}
	enabled := c.Enabled == nil || *c.Enabled
	if enabled && (c.CatalogName == "" || c.SchemaName == "") {
		return nil, invalid(field, "needs catalog_name and schema_name")
	}
	if old != nil {
		was := old.Enabled == nil || *old.Enabled
		if enabled && !was {
			return nil, invalid(field+".enabled", "cannot be set again once it was disabled")
		}
		if c.CatalogName != old.CatalogName || c.SchemaName != old.SchemaName || c.TableNamePrefix != old.TableNamePrefix {
			return nil, invalid(field, "cannot change catalog_name, schema_name or table_name_prefix once it was enabled")
		}
	}
	if enabled {
		c.State = &api.AutoCaptureState{PayloadTable: &api.PayloadTable{Name: c.TableNamePrefix + "_payload", Status: "READY", StatusMessage: "The table is ready."}}
	}
	return c, nil
}

// revise makes the next revision of an endpoint: what is unchanged is ready at once, the rest rolls out.
func (s *Server) revise(r *draft, in prepared, x *exchange) {
	now := x.now
	r.Version++
	v := &revision{Version: r.Version, Started: now, Traffic: in.traffic, AutoCapture: in.autoCapture}
	taken := s.taken(x.tenant, r.Name, now)
	for _, spec := range in.entities {
		e := served{Spec: spec, Created: now, Creator: x.user}
		if old, ok := r.Active.entity(spec.Name); ok && sameSpec(old.Spec, spec) && !r.Stopped {
			e.Created, e.Creator, e.Deployed = old.Created, old.Creator, old.Deployed
		} else {
			e.Deployed, e.Waits = v.Version, s.waits(spec)
			m, _ := s.model(x.tenant, spec)
			e.Plan = planFor(spec, m, x.tenant.built(imageKey(spec), s.opts.Progression, now))
			e.Failure = r.meet(spec.Name, e.Plan)
			s.allocate(x.tenant, &e, taken)
		}
		v.Entities = append(v.Entities, e)
	}
	r.Pending, r.Updated = v, now
}
