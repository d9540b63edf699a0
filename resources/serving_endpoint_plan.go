package resources

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// ValidateConfig checks what the endpoint's own configuration can tell.
func (r *servingEndpoint) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config endpointModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	entities := config.entities()
	for _, name := range slices.Sorted(maps.Keys(entities)) {
		entities[name].validate(path.Root("served_entities").AtMapKey(name), &resp.Diagnostics)
	}
	if config.ServedEntities.IsNull() {
		for name, set := range map[string]bool{"traffic": known(config.Traffic), "auto_capture_config": known(config.AutoCaptureConfig)} {
			if set {
				resp.Diagnostics.AddAttributeError(path.Root(name), "Missing served_entities",
					fmt.Sprintf("%s belongs to the inline style and needs served_entities. With inference_served_entity resources use inference_traffic_route for traffic.", name))
			}
		}
	}
	config.validateTraffic(&resp.Diagnostics)
}

// validateTraffic checks that the split names listed entities and sums to 100, where all of it is known.
func (m endpointModel) validateTraffic(diags *diag.Diagnostics) {
	if !known(m.Traffic) {
		return
	}
	sum := int64(0)
	whole := true
	for name := range m.ServedEntities.Elements() {
		if _, listed := m.Traffic.Elements()[name]; !listed {
			diags.AddAttributeError(path.Root("traffic"), "Served entity without traffic",
				fmt.Sprintf("traffic leaves out %q; give it a percentage, 0 for none.", name))
		}
	}
	for name, v := range m.Traffic.Elements() {
		n, ok := v.(types.Int64)
		whole = whole && ok && known(n)
		sum += n.ValueInt64()
		if _, listed := m.ServedEntities.Elements()[name]; known(m.ServedEntities) && !listed {
			diags.AddAttributeError(path.Root("traffic").AtMapKey(name), "No such served entity",
				fmt.Sprintf("traffic names %q, which is not among served_entities: %q.", name, slices.Sorted(maps.Keys(m.ServedEntities.Elements()))))
		}
	}
	if whole && sum != 100 {
		diags.AddAttributeError(path.Root("traffic"), "Traffic is not 100 %", fmt.Sprintf("The percentages of traffic sum to %d and must sum to 100.", sum))
	}
}

// ModifyPlan checks what needs the server or the rest of the configuration, and keeps known what the server
// has filled in for entities that don't change.
func (r *servingEndpoint) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan, config, state endpointModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if r.Services != nil && config.inline() && known(plan.Name) {
		if err := r.plans.inlined(plan.Name.ValueString()); err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("served_entities"), "Two styles on one endpoint", sentence(err.Error()))
		}
	}
	if config.ServedEntities.IsNull() && !plan.Traffic.IsNull() {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("traffic"), types.MapNull(types.Int64Type))...)
	}
	have, given, before := state.entities(), config.memories(), recall(ctx, req.Private, &resp.Diagnostics)
	for name, e := range plan.entities() {
		at := path.Root("served_entities").AtMapKey(name)
		h, ok := have[name]
		if ok && e.sameOnWire(h) && slices.Equal(given[name].Given, before[name].Given) {
			e.keepServerChoices(ctx, h, at, &resp.Plan, &resp.Diagnostics)
			continue
		}
		r.checkThroughput(ctx, e, at, &resp.Diagnostics)
	}
	if config.inline() && plan.Traffic.IsUnknown() && !req.State.Raw.IsNull() && plan.servesSame(state, given, before) {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("traffic"), state.Traffic)...)
	}
}
