package resources

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/client"
	"github.com/inference-iac/terraform-provider-inference/internal/coordinator"
	"github.com/inference-iac/terraform-provider-inference/internal/endpointconfig"
)

var (
	_ resource.ResourceWithConfigure      = &servedEntity{}
	_ resource.ResourceWithValidateConfig = &servedEntity{}
	_ resource.ResourceWithModifyPlan     = &servedEntity{}
	_ resource.ResourceWithImportState    = &servedEntity{}
	_ resource.ResourceWithIdentity       = &servedEntity{}
)

// servedEntity is inference_served_entity: one model behind an endpoint, owned on its own.
type servedEntity struct{ base }

// NewServedEntity returns the resource inference_served_entity.
func NewServedEntity() resource.Resource { return &servedEntity{} }

// servedEntityModel is its plan and state.
type servedEntityModel struct {
	ID             types.String   `tfsdk:"id"`
	EndpointName   types.String   `tfsdk:"endpoint_name"`
	Name           types.String   `tfsdk:"name"`
	InvocationsURL types.String   `tfsdk:"invocations_url"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`
	entityModel
}

func (m servedEntityModel) object() string {
	return entityObject(m.EndpointName.ValueString(), m.Name.ValueString())
}

// Metadata names the resource.
func (r *servedEntity) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_served_entity"
}

// Create adds the entity in the endpoint's next config update and waits until it serves.
func (r *servedEntity) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan, config servedEntityModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	limit, d := plan.Timeouts.Create(ctx, createTimeout)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() || !r.configured(&resp.Diagnostics) {
		return
	}
	entity, err := config.expand(plan.Name.ValueString())
	if err != nil {
		r.fail(ctx, &resp.Diagnostics, "create", plan.object(), err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	accepted := func(res coordinator.Result) {
		state := r.state(plan, res.Endpoint, &resp.Diagnostics)
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, entityIdentity{state.EndpointName, state.Name})...)
		remember(ctx, resp.Private, memories{"": config.memory()}, &resp.Diagnostics)
	}
	res, err := r.coordinator.Roll(ctx, plan.EndpointName.ValueString(), adding(entity), accepted)
	if errors.Is(err, endpointconfig.ErrEntityExists) {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "Cannot create "+plan.object()+": the name is taken",
			fmt.Sprintf("The endpoint serves an entity of this name with other settings. Choose another name, or take that entity over:\n\n"+
				"terraform import <address of this resource> %s", compositeID(plan.EndpointName.ValueString(), plan.Name.ValueString())))
		return
	}
	if err != nil {
		r.fail(ctx, &resp.Diagnostics, "create", plan.object(), err)
		return
	}
	warn(&resp.Diagnostics, plan.object(), res.Warnings)
	resp.Diagnostics.Append(resp.State.Set(ctx, r.settledState(plan, config, res.Endpoint, &resp.Diagnostics))...)
}

// Read shows what the endpoint is on its way to, or what a failed update left behind.
func (r *servedEntity) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state servedEntityModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// A CLI that keeps no identities hands none in, and the framework wants one back even of what is gone.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, entityIdentity{state.EndpointName, state.Name})...)
	if r.Services == nil {
		return
	}
	ep, err := r.coordinator.Snapshot(ctx, state.EndpointName.ValueString())
	if errors.Is(err, client.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		r.fail(ctx, &resp.Diagnostics, "read", state.object(), err)
		return
	}
	e, ok := ep.Entity(state.Name.ValueString())
	if !ok {
		resp.State.RemoveResource(ctx)
		return
	}
	imported := state.ID.IsNull()
	model, err := state.flatten(e, recall(ctx, req.Private, &resp.Diagnostics)[""], imported)
	if err != nil {
		r.fail(ctx, &resp.Diagnostics, "read", state.object(), err)
		return
	}
	state.entityModel = model
	r.identify(&state)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// Update rolls the changed entity out in place. A change that the wire does not carry, of a time-out say,
// makes no request.
func (r *servedEntity) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state, config servedEntityModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	limit, d := plan.Timeouts.Update(ctx, updateTimeout)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() || !r.configured(&resp.Diagnostics) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	entity, err := config.expand(plan.Name.ValueString())
	if err != nil {
		r.fail(ctx, &resp.Diagnostics, "update", plan.object(), err)
		return
	}
	same := plan.sameOnWire(state.entityModel) &&
		slices.Equal(recall(ctx, req.Private, &resp.Diagnostics)[""].Given, config.memory().Given)
	ep, warnings, err := r.update(ctx, plan.EndpointName.ValueString(), entity, same)
	if err != nil {
		r.fail(ctx, &resp.Diagnostics, "update", plan.object(), err)
		return
	}
	warn(&resp.Diagnostics, plan.object(), warnings)
	remember(ctx, resp.Private, memories{"": config.memory()}, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, r.settledState(plan, config, ep, &resp.Diagnostics))...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, entityIdentity{plan.EndpointName, plan.Name})...)
}

func (r *servedEntity) update(ctx context.Context, endpoint string, entity api.ServedEntityInput, same bool) (api.Endpoint, []string, error) {
	if same {
		ep, err := r.coordinator.Snapshot(ctx, endpoint)
		return ep, nil, err
	}
	res, err := r.coordinator.Roll(ctx, endpoint, setting(entity), nil)
	return res.Endpoint, res.Warnings, err
}

// Delete removes the entity and its claim on traffic.
func (r *servedEntity) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state servedEntityModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, d := state.Timeouts.Delete(ctx, deleteTimeout)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() || !r.configured(&resp.Diagnostics) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	endpoint := state.EndpointName.ValueString()
	_, err := r.coordinator.Roll(ctx, endpoint, removing(state.Name.ValueString()), nil)
	switch {
	case err == nil, errors.Is(err, client.ErrNotFound):
	case errors.Is(err, client.ErrInvalid) && r.isLast(ctx, endpoint, state.Name.ValueString()):
		resp.Diagnostics.AddWarning("The endpoint keeps its last entity",
			fmt.Sprintf("The server refuses a config without entities, so %s goes on serving until the endpoint is deleted. It is no longer managed here.\n\n%s",
				state.object(), failureDetail(err)))
	default:
		r.fail(ctx, &resp.Diagnostics, "delete", state.object(), err)
	}
}

// isLast reports whether the endpoint serves this entity alone.
func (r *servedEntity) isLast(ctx context.Context, endpoint, name string) bool {
	ep, err := r.client.GetEndpoint(ctx, endpoint)
	if err != nil || ep.Target() == nil {
		return false
	}
	entities := ep.Target().ServedEntities
	return len(entities) == 1 && entities[0].Name == name
}

// state is what is recorded as soon as a create is taken: the plan, with what the server has not filled in yet
// as null.
func (r *servedEntity) state(plan servedEntityModel, ep api.Endpoint, diags *diag.Diagnostics) servedEntityModel {
	e, _ := ep.Entity(plan.Name.ValueString())
	shown, err := plan.flatten(e, entityMemory{}, false)
	if err != nil {
		diags.AddError("Cannot read "+plan.object(), sentence(err.Error()))
	}
	plan.entityModel, _ = plan.settled(shown)
	r.identify(&plan)
	return plan
}

// settledState is the state after a finished write. What the server dropped is named.
func (r *servedEntity) settledState(plan, config servedEntityModel, ep api.Endpoint, diags *diag.Diagnostics) servedEntityModel {
	e, ok := ep.Entity(plan.Name.ValueString())
	shown, err := plan.flatten(e, config.memory(), false)
	if err != nil {
		diags.AddError("Cannot read "+plan.object(), sentence(err.Error()))
		return plan
	}
	model, dropped := plan.settled(shown)
	if ok {
		warnDropped(diags, plan.object(), dropped)
	}
	plan.entityModel = model
	r.identify(&plan)
	return plan
}

func (r *servedEntity) identify(m *servedEntityModel) {
	endpoint, name := m.EndpointName.ValueString(), m.Name.ValueString()
	m.ID = types.StringValue(compositeID(endpoint, name))
	m.InvocationsURL = types.StringValue(r.host + api.EntityInvocationsPath(endpoint, name))
}
