package resources

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/client"
	"github.com/inference-iac/terraform-provider-inference/internal/coordinator"
	"github.com/inference-iac/terraform-provider-inference/internal/endpointconfig"
)

var (
	_ resource.ResourceWithConfigure   = &trafficRoute{}
	_ resource.ResourceWithModifyPlan  = &trafficRoute{}
	_ resource.ResourceWithImportState = &trafficRoute{}
	_ resource.ResourceWithIdentity    = &trafficRoute{}
)

// trafficRoute is inference_traffic_route: a claim of one served entity on its endpoint's traffic.
type trafficRoute struct{ base }

// NewTrafficRoute returns the resource inference_traffic_route.
func NewTrafficRoute() resource.Resource { return &trafficRoute{} }

// trafficRouteModel is its plan and state.
type trafficRouteModel struct {
	ID                types.String   `tfsdk:"id"`
	EndpointName      types.String   `tfsdk:"endpoint_name"`
	ServedEntityName  types.String   `tfsdk:"served_entity_name"`
	TrafficPercentage types.Int64    `tfsdk:"traffic_percentage"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`
}

func (m trafficRouteModel) object() string {
	return routeObject(m.EndpointName.ValueString(), m.ServedEntityName.ValueString())
}

func (m trafficRouteModel) identity() routeIdentity {
	return routeIdentity{m.EndpointName, m.ServedEntityName}
}

// Metadata names the resource.
func (r *trafficRoute) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_traffic_route"
}

// ModifyPlan finds routes that together ask for more than there is.
func (r *trafficRoute) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Services == nil || req.Plan.Raw.IsNull() {
		return
	}
	var plan trafficRouteModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !known(plan.EndpointName) || !known(plan.ServedEntityName) {
		return
	}
	endpoint, entity := plan.EndpointName.ValueString(), plan.ServedEntityName.ValueString()
	if err := r.plans.composes(endpoint, "inference_traffic_route to "+entity); err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("endpoint_name"), "Two styles on one endpoint", sentence(err.Error()))
	}
	if !known(plan.TrafficPercentage) {
		return
	}
	if err := r.plans.claim(endpoint, entity, int(plan.TrafficPercentage.ValueInt64())); err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("traffic_percentage"), "More than all traffic", sentence(err.Error()))
	}
}

// Create claims the share in the endpoint's next config update.
func (r *trafficRoute) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan trafficRouteModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	limit, d := plan.Timeouts.Create(ctx, createTimeout)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() || !r.configured(&resp.Diagnostics) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	plan.ID = types.StringValue(compositeID(plan.EndpointName.ValueString(), plan.ServedEntityName.ValueString()))
	accepted := func(coordinator.Result) {
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	}
	res, err := r.coordinator.Roll(ctx, plan.EndpointName.ValueString(), claiming(plan), accepted)
	if err != nil {
		r.failClaim(ctx, &resp.Diagnostics, "create", plan, err)
		return
	}
	warn(&resp.Diagnostics, plan.object(), res.Warnings)
}

// Read shows the share that the config has. An entity without a share in it has no route.
func (r *trafficRoute) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state trafficRouteModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// A CLI that keeps no identities hands none in, and the framework wants one back even of what is gone.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
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
	share, ok := endpointconfig.Shares(ep.Target())[state.ServedEntityName.ValueString()]
	if !ok {
		resp.State.RemoveResource(ctx)
		return
	}
	state.ID = types.StringValue(compositeID(state.EndpointName.ValueString(), state.ServedEntityName.ValueString()))
	state.TrafficPercentage = types.Int64Value(int64(share))
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// Update claims another share.
func (r *trafficRoute) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state trafficRouteModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, d := plan.Timeouts.Update(ctx, updateTimeout)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() || !r.configured(&resp.Diagnostics) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if !plan.TrafficPercentage.Equal(state.TrafficPercentage) {
		res, err := r.coordinator.Roll(ctx, plan.EndpointName.ValueString(), claiming(plan), nil)
		if err != nil {
			r.failClaim(ctx, &resp.Diagnostics, "update", plan, err)
			return
		}
		warn(&resp.Diagnostics, plan.object(), res.Warnings)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

// Delete gives the claim up; the entity keeps what nobody else claims.
func (r *trafficRoute) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state trafficRouteModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, d := state.Timeouts.Delete(ctx, deleteTimeout)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() || !r.configured(&resp.Diagnostics) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	_, err := r.coordinator.Roll(ctx, state.EndpointName.ValueString(), releasing(state.ServedEntityName.ValueString()), nil)
	if err != nil && !errors.Is(err, client.ErrNotFound) {
		r.fail(ctx, &resp.Diagnostics, "delete", state.object(), err)
	}
}

func (r *trafficRoute) failClaim(ctx context.Context, diags *diag.Diagnostics, verb string, m trafficRouteModel, err error) {
	if !errors.Is(err, endpointconfig.ErrNoEntity) {
		r.fail(ctx, diags, verb, m.object(), err)
		return
	}
	diags.AddAttributeError(path.Root("served_entity_name"), fmt.Sprintf("Cannot %s %s: no such entity", verb, m.object()),
		"The endpoint serves no entity of this name. Refer to the entity's resource, served_entity_name = inference_served_entity.<name>.name, "+
			"so that Terraform creates it first.")
}

func claiming(m trafficRouteModel) coordinator.Mutation {
	entity, percent := m.ServedEntityName.ValueString(), int(m.TrafficPercentage.ValueInt64())
	return func(d *endpointconfig.Draft) error { return d.Claim(entity, percent) }
}

func releasing(entity string) coordinator.Mutation {
	return func(d *endpointconfig.Draft) error {
		d.Release(entity)
		return nil
	}
}
