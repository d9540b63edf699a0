package resources

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// endpointModel is the configuration, plan and state of inference_serving_endpoint.
type endpointModel struct {
	ID                 types.String   `tfsdk:"id"`
	Name               types.String   `tfsdk:"name"`
	Description        types.String   `tfsdk:"description"`
	Tags               types.Map      `tfsdk:"tags"`
	RouteOptimized     types.Bool     `tfsdk:"route_optimized"`
	BudgetPolicyID     types.String   `tfsdk:"budget_policy_id"`
	EmailNotifications types.Object   `tfsdk:"email_notifications"`
	AIGateway          types.Object   `tfsdk:"ai_gateway"`
	TelemetryConfig    types.Object   `tfsdk:"telemetry_config"`
	AutoCaptureConfig  types.Object   `tfsdk:"auto_capture_config"`
	ServedEntities     types.Map      `tfsdk:"served_entities"`
	Traffic            types.Map      `tfsdk:"traffic"`
	EndpointID         types.String   `tfsdk:"endpoint_id"`
	Creator            types.String   `tfsdk:"creator"`
	InvocationsURL     types.String   `tfsdk:"invocations_url"`
	OpenAIBaseURL      types.String   `tfsdk:"openai_base_url"`
	EndpointURL        types.String   `tfsdk:"endpoint_url"`
	Timeouts           timeouts.Value `tfsdk:"timeouts"`
}

func (m endpointModel) object() string { return endpointObject(m.Name.ValueString()) }

// inline reports whether the endpoint lists its entities itself.
func (m endpointModel) inline() bool { return !m.ServedEntities.IsNull() }

// expand is the request that creates the endpoint; config tells what it serves from the start.
func (m endpointModel) expand(config *api.ConfigInput) (api.CreateEndpoint, error) {
	s, err := m.settings()
	return api.CreateEndpoint{
		Name:               m.Name.ValueString(),
		Config:             config,
		Description:        m.Description.ValueStringPointer(),
		Tags:               tagList(stringsOf(m.Tags)),
		RouteOptimized:     m.RouteOptimized.ValueBoolPointer(),
		BudgetPolicyID:     pointer(m.BudgetPolicyID),
		AIGateway:          s.gateway,
		EmailNotifications: s.notifications,
		TelemetryConfig:    s.telemetry,
	}, err
}

// flatten is the state of the endpoint as the server shows it, over m, the prior state.
func (m endpointModel) flatten(ep api.Endpoint, host string, seen view) (endpointModel, error) {
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
	o.BudgetPolicyID = orNull(ep.EffectiveBudgetPolicyID)
	if tags := tagMap(ep.Tags); len(tags) > 0 || !known(m.Tags) || len(m.Tags.Elements()) > 0 {
		o.Tags = mapOf(tags)
	}
	if err := o.flattenSettings(ep); err != nil {
		return m, err
	}
	return o, o.flattenInline(ep, seen)
}

// view is what states tell about how to look at an endpoint.
type view struct {
	memories memories
	imported bool // the prior state holds the name alone
	inline   bool // an import that asked for the inline style
}

// settled is the state after a write: the plan, with what was unknown filled in. What the server dropped is
// named.
func (m endpointModel) settled(shown endpointModel, diags *diag.Diagnostics) endpointModel {
	var dropped []string
	for name, v := range map[string][2]attr.Value{
		"description":         {m.Description, shown.Description},
		"tags":                {m.Tags, shown.Tags},
		"route_optimized":     {m.RouteOptimized, shown.RouteOptimized},
		"budget_policy_id":    {m.BudgetPolicyID, shown.BudgetPolicyID},
		"email_notifications": {m.EmailNotifications, shown.EmailNotifications},
		"ai_gateway":          {m.AIGateway, shown.AIGateway},
		"telemetry_config":    {m.TelemetryConfig, shown.TelemetryConfig},
		"auto_capture_config": {m.AutoCaptureConfig, shown.AutoCaptureConfig},
		"traffic":             {m.Traffic, shown.Traffic},
	} {
		if !v[0].IsUnknown() && !v[0].Equal(v[1]) {
			dropped = append(dropped, name)
		}
	}
	o := shown
	o.Description, o.Tags, o.RouteOptimized = m.Description, m.Tags, m.RouteOptimized
	o.EmailNotifications, o.AIGateway, o.TelemetryConfig = m.EmailNotifications, m.AIGateway, m.TelemetryConfig
	o.AutoCaptureConfig = m.AutoCaptureConfig
	if !m.Traffic.IsUnknown() {
		o.Traffic = m.Traffic
	}
	if !m.BudgetPolicyID.IsUnknown() {
		o.BudgetPolicyID = m.BudgetPolicyID
	}
	o.ServedEntities = settledEntities(m.ServedEntities, shown.ServedEntities, &dropped)
	slices.Sort(dropped)
	warnDropped(diags, m.object(), dropped)
	return o
}

// memories is what to remember of a configured endpoint; m is the configuration.
func (m endpointModel) memories() memories {
	o := memories{}
	if known(m.BudgetPolicyID) {
		o[""] = entityMemory{Given: []string{"budget_policy_id"}}
	}
	for name, e := range m.entities() {
		o[name] = e.memory()
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
