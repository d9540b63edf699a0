package resources

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/inference-iac/terraform-provider-inference/internal/client"
)

var (
	_ resource.ResourceWithConfigure   = &servingEndpoint{}
	_ resource.ResourceWithImportState = &servingEndpoint{}
	_ resource.ResourceWithIdentity    = &servingEndpoint{}
)

// servingEndpoint is inference_serving_endpoint.
type servingEndpoint struct{ base }

// NewServingEndpoint returns the resource inference_serving_endpoint.
func NewServingEndpoint() resource.Resource { return &servingEndpoint{} }

// Metadata names the resource.
func (r *servingEndpoint) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_serving_endpoint"
}

// ImportState takes the name, as id or as identity.
func (r *servingEndpoint) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughWithIdentity(ctx, path.Root("name"), path.Root("name"), req, resp)
}

// Create makes the endpoint. One that is there already is adopted if it is what this create would have made.
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

	ep, err := r.createOrAdopt(ctx, plan.expand(), &resp.Diagnostics)
	if err != nil {
		r.fail(ctx, &resp.Diagnostics, "create", plan.object(), err)
		return
	}
	r.coordinator.Remember(ep)
	state := plan.settled(plan.flatten(ep, r.host, false), &resp.Diagnostics)
	remember(ctx, resp.Private, config.memories(), &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, endpointIdentity{state.Name})...)
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
	state = state.flatten(ep, r.host, state.ID.IsNull())
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// Update sends each changed setting over the route that carries it.
func (r *servingEndpoint) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state, config endpointModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, d := plan.Timeouts.Update(ctx, updateTimeout)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() || !r.configured(&resp.Diagnostics) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	name := plan.Name.ValueString()
	if err := r.updateTags(ctx, plan, state); err != nil {
		r.fail(ctx, &resp.Diagnostics, "update the tags of", plan.object(), err)
		return
	}
	ep, err := r.coordinator.Snapshot(ctx, name)
	if err != nil {
		r.fail(ctx, &resp.Diagnostics, "read", plan.object(), err)
		return
	}
	remember(ctx, resp.Private, config.memories(), &resp.Diagnostics)
	state = plan.settled(plan.flatten(ep, r.host, false), &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, endpointIdentity{state.Name})...)
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

// updateTags sends what was added, changed and removed in one request.
func (r *servingEndpoint) updateTags(ctx context.Context, plan, state endpointModel) error {
	patch, changed := tagChanges(stringsOf(state.Tags), stringsOf(plan.Tags))
	if !changed {
		return nil
	}
	_, err := r.client.PatchTags(ctx, plan.Name.ValueString(), patch)
	r.coordinator.Forget(plan.Name.ValueString())
	return err
}
