package mockserver

import (
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// show is an endpoint as the caller sees it.
func (s *Server) show(x *exchange, r *record) api.Endpoint {
	e := s.project(x.tenant, r, x.now)
	e.PermissionLevel = r.level(x.caller).String()
	if r.RouteOptimized {
		e.EndpointURL = x.base() + api.InvocationsPath(r.Name)
		e.DataPlaneInfo = &api.DataPlaneInfo{QueryInfo: &api.DataPlaneQuery{EndpointURL: e.EndpointURL, AuthorizationDetails: authorizationDetails(r.ID)}}
	}
	return e
}

// authorizationDetails is what a client shows the token endpoint to query a route-optimized endpoint.
func authorizationDetails(id string) string {
	return `[{"type":"workspace_permission","object_type":"serving-endpoints","object_path":"/serving-endpoints/` + id + `","actions":["query_inference_endpoint"]}]`
}

// project shows a record as the wire does: without what is consumed and never echoed, entities mirrored under
// both names.
func (s *Server) project(w *workspace, r *record, now time.Time) api.Endpoint {
	e := api.Endpoint{
		Name: r.Name, ID: r.ID, Creator: r.Creator, CreatorDisplayName: r.Creator, CreatorKind: "User",
		CreationTimestamp: r.Created.UnixMilli(), LastUpdatedTimestamp: r.Updated.UnixMilli(),
		State:                   api.EndpointState{Ready: api.ReadyNo, ConfigUpdate: api.NotUpdating, Suspend: api.NotSuspended},
		AIGateway:               r.AIGateway.Clone(),
		EffectiveBudgetPolicyID: r.BudgetPolicyID,
		Description:             r.Description,
		EmailNotifications:      r.Notifications.Clone(),
		PermissionLevel:         api.PermissionManage,
		RouteOptimized:          r.RouteOptimized,
		Tags:                    append([]api.Tag(nil), r.Tags...),
		TelemetryConfig:         r.Telemetry.Clone(),
		Task:                    s.task(w, r),
		EndpointType:            endpointType(r),
	}
	if r.Active != nil {
		states, ready := s.activeStates(w, r, now)
		e.Config = projectConfig(r.Active, states)
		if len(r.Active.Entities) > 0 && !r.Stopped && ready {
			e.State.Ready = api.ReadyYes
		}
	}
	if r.Pending != nil {
		states := pendingStates(r.Pending, s.opts.Progression, now)
		s.explainWaits(w, r, states, now)
		e.PendingConfig = projectConfig(r.Pending, states)
		e.PendingConfig.StartTime = r.Pending.Started.UnixMilli()
		e.State.ConfigUpdate = api.InProgress
		if r.Pending.Failed != nil {
			e.State.ConfigUpdate = api.UpdateFailed
		}
	}
	if r.Stopped && !r.updating() {
		e.State.Suspend = api.Stopped
	}
	return e
}

func projectConfig(v *revision, states []api.EntityState) *api.ConfigOutput {
	c := &api.ConfigOutput{ConfigVersion: v.Version, AutoCaptureConfig: v.AutoCapture.Clone()}
	if len(v.Traffic) > 0 {
		c.TrafficConfig = (&api.TrafficConfig{Routes: v.Traffic}).Clone()
	}
	for i, e := range v.Entities {
		entity := projectEntity(e, states[i])
		c.ServedEntities = append(c.ServedEntities, entity)
		c.ServedModels = append(c.ServedModels, mirror(entity))
	}
	return c
}

func projectEntity(e served, state api.EntityState) api.ServedEntity {
	spec := e.Spec.Clone()
	spec.BurstScalingEnabled = nil
	return api.ServedEntity{
		Name: spec.Name, EntityName: spec.EntityName, EntityVersion: spec.EntityVersion,
		ExternalModel: spec.ExternalModel.Redacted(), EntitySettings: spec.EntitySettings,
		CreationTimestamp: e.Created.UnixMilli(), Creator: e.Creator, State: &state,
	}
}

// mirror shows an entity under the deprecated names.
func mirror(e api.ServedEntity) api.ServedModel {
	e = e.Clone()
	return api.ServedModel{
		Name: e.Name, ModelName: e.EntityName, ModelVersion: e.EntityVersion, ExternalModel: e.ExternalModel,
		EntitySettings: e.EntitySettings, FoundationModel: e.FoundationModel,
		CreationTimestamp: e.CreationTimestamp, Creator: e.Creator, State: e.State,
	}
}

// summary is an endpoint as the list shows it.
func summary(e api.Endpoint) api.Endpoint {
	e.PendingConfig, e.EmailNotifications, e.DataPlaneInfo = nil, nil, nil
	if e.Config == nil {
		return e
	}
	c := &api.ConfigOutput{}
	for _, s := range e.Config.ServedEntities {
		c.ServedEntities = append(c.ServedEntities, api.ServedEntity{
			Name: s.Name, EntityName: s.EntityName, EntityVersion: s.EntityVersion,
			ExternalModel: s.ExternalModel, FoundationModel: s.FoundationModel,
		})
	}
	for _, m := range e.Config.ServedModels {
		c.ServedModels = append(c.ServedModels, api.ServedModel{Name: m.Name, ModelName: m.ModelName, ModelVersion: m.ModelVersion})
	}
	e.Config = c
	return e
}

// firstSpec is an entity to tell the endpoint's kind by: all entities of an endpoint are of one.
func (r *record) firstSpec() (api.ServedEntityInput, bool) {
	for _, v := range []*revision{r.Active, r.Pending} {
		if v != nil && len(v.Entities) > 0 {
			return v.Entities[0].Spec, true
		}
	}
	return api.ServedEntityInput{}, false
}

// task is what the endpoint speaks: as it was created, or that of its models.
func (s *Server) task(w *workspace, r *record) string {
	spec, ok := r.firstSpec()
	switch {
	case r.Task != "" || !ok:
		return r.Task
	case spec.ExternalModel != nil:
		return spec.ExternalModel.Task
	}
	m, _ := s.model(w, spec)
	return m.Task
}

// endpointType is an observed extra; what custom models show is not known, so they show none.
func endpointType(r *record) string {
	spec, ok := r.firstSpec()
	if !ok {
		return ""
	}
	switch kindOf(spec) {
	case kindExternal:
		return "EXTERNAL_MODEL"
	case kindThroughput, kindUnits:
		return "FOUNDATION_MODEL_API"
	default:
		return ""
	}
}
