package resources

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/coordinator"
	"github.com/inference-iac/terraform-provider-inference/internal/endpointconfig"
)

// ValidateConfig checks what one entity's configuration can tell by itself.
func (r *servedEntity) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config servedEntityModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		config.validate(path.Empty(), &resp.Diagnostics)
	}
}

// ModifyPlan checks what needs the server or the rest of the configuration.
func (r *servedEntity) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan, config, state servedEntityModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if r.Services != nil && known(plan.EndpointName) && known(plan.Name) {
		if err := r.plans.composes(plan.EndpointName.ValueString(), "inference_served_entity "+plan.Name.ValueString()); err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("endpoint_name"), "Two styles on one endpoint", sentence(err.Error()))
		}
	}
	given := recall(ctx, req.Private, &resp.Diagnostics)[""].Given
	if plan.Name.Equal(state.Name) && plan.sameOnWire(state.entityModel) && slices.Equal(given, config.memory().Given) {
		plan.keepServerChoices(ctx, state.entityModel, path.Empty(), &resp.Plan, &resp.Diagnostics)
		return
	}
	r.checkThroughput(ctx, plan.entityModel, path.Empty(), &resp.Diagnostics)
}

func adding(e api.ServedEntityInput) coordinator.Mutation {
	return func(d *endpointconfig.Draft) error { return d.AddEntity(e) }
}

func setting(e api.ServedEntityInput) coordinator.Mutation {
	return func(d *endpointconfig.Draft) error { return d.SetEntity(e) }
}

func removing(name string) coordinator.Mutation {
	return func(d *endpointconfig.Draft) error {
		d.RemoveEntity(name)
		return nil
	}
}
