package resources

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/client"
	"github.com/inference-iac/terraform-provider-inference/internal/coordinator"
)

var (
	_ resource.ResourceWithConfigure      = &servingEndpoint{}
	_ resource.ResourceWithValidateConfig = &servingEndpoint{}
	_ resource.ResourceWithModifyPlan     = &servingEndpoint{}
	_ resource.ResourceWithImportState    = &servingEndpoint{}
	_ resource.ResourceWithMoveState      = &servingEndpoint{}
	_ resource.ResourceWithIdentity       = &servingEndpoint{}
)

// servingEndpoint is inference_serving_endpoint.
type servingEndpoint struct{ base }

// NewServingEndpoint returns the resource inference_serving_endpoint.
func NewServingEndpoint() resource.Resource { return &servingEndpoint{} }

// Metadata names the resource.
func (r *servingEndpoint) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_serving_endpoint"
}

// Create makes the endpoint with all that it serves. One that is there already is adopted if it is what this
// create would have made.
func (r *servingEndpoint) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan, config endpointModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	limit, d := plan.Timeouts.Create(ctx, createTimeout)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() || !r.configured(&resp.Diagnostics) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	seen := view{memories: config.memories()}
	ep, err := r.createOrAdopt(ctx, plan, config, &resp.Diagnostics)
	if err != nil {
		r.fail(ctx, &resp.Diagnostics, "create", plan.object(), err)
		return
	}
	r.coordinator.Remember(ep)
	remember(ctx, resp.Private, seen.memories, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, endpointIdentity{plan.Name})...)
	resp.Diagnostics.Append(resp.State.Set(ctx, r.settledState(ctx, plan, ep, seen, &diag.Diagnostics{}))...)
	if config.inline() {
		if ep, err = r.coordinator.Await(ctx, ep.Name, coordinator.Serving(ep.Version())); err != nil {
			r.fail(ctx, &resp.Diagnostics, "create", plan.object(), err)
			return
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, r.settledState(ctx, plan, ep, seen, &resp.Diagnostics))...)
}

// Read shows the endpoint as it is.
func (r *servingEndpoint) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state endpointModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// A CLI that keeps no identities hands none in, and the framework wants one back even of what is gone.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, endpointIdentity{state.Name})...)
	if r.Services == nil {
		return
	}
	ep, err := r.coordinator.Snapshot(ctx, state.Name.ValueString())
	if errors.Is(err, client.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		r.fail(ctx, &resp.Diagnostics, "read", state.object(), err)
		return
	}
	seen := view{memories: recall(ctx, req.Private, &resp.Diagnostics), imported: state.ID.IsNull()}
	seen.inline = seen.imported && asksForInline(ctx, req.Private, &resp.Diagnostics)
	shown, err := state.flatten(ep, r.host, seen)
	if err != nil {
		r.fail(ctx, &resp.Diagnostics, "read", state.object(), err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, shown)...)
}

// Update sends each changed setting over the route that carries it, and what the endpoint serves in one config
// update.
func (r *servingEndpoint) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state, config endpointModel
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

	name := plan.Name.ValueString()
	if failed, err := r.updateSettings(ctx, plan, state); err != nil {
		r.fail(ctx, &resp.Diagnostics, "update "+failed+" of", plan.object(), err)
		return
	}
	seen := view{memories: config.memories()}
	if config.inline() && !plan.servesSame(state, seen.memories, recall(ctx, req.Private, &resp.Diagnostics)) {
		list, err := config.listing()
		if err == nil {
			_, err = r.coordinator.Roll(ctx, name, list, nil)
		}
		if err != nil {
			r.fail(ctx, &resp.Diagnostics, "update", plan.object(), err)
			return
		}
	}
	ep, err := r.coordinator.Snapshot(ctx, name)
	if err != nil {
		r.fail(ctx, &resp.Diagnostics, "read", plan.object(), err)
		return
	}
	remember(ctx, resp.Private, seen.memories, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, r.settledState(ctx, plan, ep, seen, &resp.Diagnostics))...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, endpointIdentity{plan.Name})...)
}

// settledState is the state after a write.
func (r *servingEndpoint) settledState(ctx context.Context, plan endpointModel, ep api.Endpoint, seen view, diags *diag.Diagnostics) endpointModel {
	shown, err := plan.flatten(ep, r.host, seen)
	if err != nil {
		r.fail(ctx, diags, "read", plan.object(), err)
	}
	return plan.settled(shown, diags)
}

// Delete removes the endpoint with all that it serves.
func (r *servingEndpoint) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state endpointModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, d := state.Timeouts.Delete(ctx, deleteTimeout)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() || !r.configured(&resp.Diagnostics) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := r.client.DeleteEndpoint(ctx, state.Name.ValueString())
	r.coordinator.Forget(state.Name.ValueString())
	if err != nil && !errors.Is(err, client.ErrNotFound) {
		r.fail(ctx, &resp.Diagnostics, "delete", state.object(), err)
	}
}
