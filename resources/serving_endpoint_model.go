package resources

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// endpointModel is the plan and state of inference_serving_endpoint.
type endpointModel struct {
	ID             types.String   `tfsdk:"id"`
	Name           types.String   `tfsdk:"name"`
	Description    types.String   `tfsdk:"description"`
	Tags           types.Map      `tfsdk:"tags"`
	RouteOptimized types.Bool     `tfsdk:"route_optimized"`
	BudgetPolicyID types.String   `tfsdk:"budget_policy_id"`
	EndpointID     types.String   `tfsdk:"endpoint_id"`
	Creator        types.String   `tfsdk:"creator"`
	InvocationsURL types.String   `tfsdk:"invocations_url"`
	OpenAIBaseURL  types.String   `tfsdk:"openai_base_url"`
	EndpointURL    types.String   `tfsdk:"endpoint_url"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`
}

func (m endpointModel) object() string { return endpointObject(m.Name.ValueString()) }

// expand is the request that creates the endpoint.
func (m endpointModel) expand() api.CreateEndpoint {
	return api.CreateEndpoint{
		Name:           m.Name.ValueString(),
		Description:    m.Description.ValueStringPointer(),
		Tags:           tagList(stringsOf(m.Tags)),
		RouteOptimized: m.RouteOptimized.ValueBoolPointer(),
		BudgetPolicyID: pointer(m.BudgetPolicyID),
	}
}

// memories is what to remember of a configured endpoint; m is the configuration.
func (m endpointModel) memories() memories {
	if !known(m.BudgetPolicyID) {
		return memories{}
	}
	return memories{"": {Given: []string{"budget_policy_id"}}}
}

// flatten is the state of the endpoint as the server shows it, over m, the prior state.
func (m endpointModel) flatten(ep api.Endpoint, host string, imported bool) endpointModel {
	o := m
	o.ID = types.StringValue(ep.Name)
	o.Name = types.StringValue(ep.Name)
	o.Description = orNull(ep.Description)
	o.RouteOptimized = types.BoolValue(ep.RouteOptimized)
	o.EndpointID = types.StringValue(ep.ID)
	o.Creator = orNull(ep.Creator)
	o.InvocationsURL = types.StringValue(host + api.InvocationsPath(ep.Name))
	o.OpenAIBaseURL = types.StringValue(host + api.PathData)
	o.EndpointURL = orNull(ep.EndpointURL)
	if tags := tagMap(ep.Tags); len(tags) > 0 || len(m.Tags.Elements()) > 0 || imported {
		o.Tags = mapOf(tags)
	}
	if ep.EffectiveBudgetPolicyID != "" || m.BudgetPolicyID.IsUnknown() {
		o.BudgetPolicyID = orNull(ep.EffectiveBudgetPolicyID)
	}
	return o
}

// settled is the state after a write: the plan, with what was unknown filled in. What the server dropped is
// named.
func (m endpointModel) settled(shown endpointModel, diags *diag.Diagnostics) endpointModel {
	var dropped []string
	for name, v := range map[string][2]attr.Value{
		"description":      {m.Description, shown.Description},
		"tags":             {m.Tags, shown.Tags},
		"route_optimized":  {m.RouteOptimized, shown.RouteOptimized},
		"budget_policy_id": {m.BudgetPolicyID, shown.BudgetPolicyID},
	} {
		if !v[0].IsUnknown() && !v[0].Equal(v[1]) {
			dropped = append(dropped, name)
		}
	}
	slices.Sort(dropped)
	warnDropped(diags, m.object(), dropped)

	o := shown
	o.Description, o.Tags, o.RouteOptimized = m.Description, m.Tags, m.RouteOptimized
	if !m.BudgetPolicyID.IsUnknown() {
		o.BudgetPolicyID = m.BudgetPolicyID
	}
	return o
}

// pointer is nil for null and unknown.
func pointer(s types.String) *string {
	if !known(s) {
		return nil
	}
	return s.ValueStringPointer()
}

func tagMap(tags []api.Tag) map[string]string {
	m := map[string]string{}
	for _, t := range tags {
		m[t.Key] = t.Value
	}
	return m
}

func tagList(m map[string]string) []api.Tag {
	var tags []api.Tag
	for _, k := range slices.Sorted(maps.Keys(m)) {
		tags = append(tags, api.Tag{Key: k, Value: m[k]})
	}
	return tags
}

// tagChanges is the patch from one set of tags to another.
func tagChanges(from, to map[string]string) (api.PatchTags, bool) {
	add := map[string]string{}
	for k, v := range to {
		if old, ok := from[k]; !ok || old != v {
			add[k] = v
		}
	}
	patch := api.PatchTags{AddTags: tagList(add)}
	for _, k := range slices.Sorted(maps.Keys(from)) {
		if _, ok := to[k]; !ok {
			patch.DeleteTags = append(patch.DeleteTags, k)
		}
	}
	return patch, len(patch.AddTags)+len(patch.DeleteTags) > 0
}
