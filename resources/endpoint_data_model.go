package resources

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/endpointconfig"
)

// endpointDataModel is an endpoint as data sources show it.
type endpointDataModel struct {
	ID                   types.String       `tfsdk:"id"`
	Name                 types.String       `tfsdk:"name"`
	EndpointID           types.String       `tfsdk:"endpoint_id"`
	Description          types.String       `tfsdk:"description"`
	Creator              types.String       `tfsdk:"creator"`
	CreationTimestamp    types.Int64        `tfsdk:"creation_timestamp"`
	LastUpdatedTimestamp types.Int64        `tfsdk:"last_updated_timestamp"`
	PermissionLevel      types.String       `tfsdk:"permission_level"`
	Task                 types.String       `tfsdk:"task"`
	BudgetPolicyID       types.String       `tfsdk:"budget_policy_id"`
	EndpointURL          types.String       `tfsdk:"endpoint_url"`
	InvocationsURL       types.String       `tfsdk:"invocations_url"`
	OpenAIBaseURL        types.String       `tfsdk:"openai_base_url"`
	RouteOptimized       types.Bool         `tfsdk:"route_optimized"`
	Tags                 types.Map          `tfsdk:"tags"`
	State                endpointStateModel `tfsdk:"state"`
	Config               *configDataModel   `tfsdk:"config"`
	PendingConfig        *configDataModel   `tfsdk:"pending_config"`
}

type endpointStateModel struct {
	Ready        types.String `tfsdk:"ready"`
	ConfigUpdate types.String `tfsdk:"config_update"`
	Suspend      types.String `tfsdk:"suspend"`
}

type configDataModel struct {
	ConfigVersion  types.Int64                `tfsdk:"config_version"`
	Traffic        map[string]int64           `tfsdk:"traffic"`
	ServedEntities map[string]entityDataModel `tfsdk:"served_entities"`
}

type entityDataModel struct {
	EntityName                types.String       `tfsdk:"entity_name"`
	EntityVersion             types.String       `tfsdk:"entity_version"`
	WorkloadType              types.String       `tfsdk:"workload_type"`
	WorkloadSize              types.String       `tfsdk:"workload_size"`
	ScaleToZeroEnabled        types.Bool         `tfsdk:"scale_to_zero_enabled"`
	MinProvisionedConcurrency types.Int64        `tfsdk:"min_provisioned_concurrency"`
	MaxProvisionedConcurrency types.Int64        `tfsdk:"max_provisioned_concurrency"`
	MinProvisionedThroughput  types.Int64        `tfsdk:"min_provisioned_throughput"`
	MaxProvisionedThroughput  types.Int64        `tfsdk:"max_provisioned_throughput"`
	ProvisionedModelUnits     types.Int64        `tfsdk:"provisioned_model_units"`
	InstanceProfileARN        types.String       `tfsdk:"instance_profile_arn"`
	ExternalModel             *externalDataModel `tfsdk:"external_model"`
	Creator                   types.String       `tfsdk:"creator"`
	CreationTimestamp         types.Int64        `tfsdk:"creation_timestamp"`
	Deployment                types.String       `tfsdk:"deployment"`
	DeploymentStateMessage    types.String       `tfsdk:"deployment_state_message"`
}

type externalDataModel struct {
	Name     types.String `tfsdk:"name"`
	Provider types.String `tfsdk:"provider"`
	Task     types.String `tfsdk:"task"`
}

func endpointDataOf(ep api.Endpoint, host string) endpointDataModel {
	tags := mapOf(tagMap(ep.Tags))
	return endpointDataModel{
		ID: types.StringValue(ep.Name), Name: types.StringValue(ep.Name), EndpointID: types.StringValue(ep.ID),
		Description: orNull(ep.Description), Creator: orNull(ep.Creator),
		CreationTimestamp: types.Int64Value(ep.CreationTimestamp), LastUpdatedTimestamp: types.Int64Value(ep.LastUpdatedTimestamp),
		PermissionLevel: orNull(ep.PermissionLevel), Task: orNull(ep.Task), BudgetPolicyID: orNull(ep.EffectiveBudgetPolicyID),
		EndpointURL:    orNull(ep.EndpointURL),
		InvocationsURL: types.StringValue(host + api.InvocationsPath(ep.Name)), OpenAIBaseURL: types.StringValue(host + api.PathData),
		RouteOptimized: types.BoolValue(ep.RouteOptimized), Tags: tags,
		State: endpointStateModel{
			Ready: types.StringValue(string(ep.State.Ready)), ConfigUpdate: types.StringValue(string(ep.State.ConfigUpdate)),
			Suspend: orNull(string(ep.State.Suspend)),
		},
		Config: configDataOf(ep.Config), PendingConfig: configDataOf(ep.PendingConfig),
	}
}

func configDataOf(c *api.ConfigOutput) *configDataModel {
	if c == nil {
		return nil
	}
	m := &configDataModel{
		ConfigVersion: types.Int64Value(c.ConfigVersion), Traffic: map[string]int64{}, ServedEntities: map[string]entityDataModel{},
	}
	for name, percent := range endpointconfig.Shares(c) {
		m.Traffic[name] = int64(percent)
	}
	for _, e := range c.ServedEntities {
		m.ServedEntities[e.Name] = entityDataOf(e)
	}
	return m
}

func entityDataOf(e api.ServedEntity) entityDataModel {
	m := entityDataModel{
		EntityName: orNull(e.EntityName), EntityVersion: orNull(string(e.EntityVersion)),
		WorkloadType: orNull(e.WorkloadType), WorkloadSize: orNull(e.WorkloadSize),
		ScaleToZeroEnabled:        types.BoolPointerValue(e.ScaleToZeroEnabled),
		MinProvisionedConcurrency: types.Int64PointerValue(e.MinProvisionedConcurrency),
		MaxProvisionedConcurrency: types.Int64PointerValue(e.MaxProvisionedConcurrency),
		MinProvisionedThroughput:  types.Int64PointerValue(e.MinProvisionedThroughput),
		MaxProvisionedThroughput:  types.Int64PointerValue(e.MaxProvisionedThroughput),
		ProvisionedModelUnits:     types.Int64PointerValue(e.ProvisionedModelUnits),
		InstanceProfileARN:        orNull(e.InstanceProfileARN),
		Creator:                   orNull(e.Creator), CreationTimestamp: types.Int64Value(e.CreationTimestamp),
	}
	if x := e.ExternalModel; x != nil {
		m.ExternalModel = &externalDataModel{types.StringValue(x.Name), orNull(x.Provider), types.StringValue(x.Task)}
	}
	if e.State != nil {
		m.Deployment, m.DeploymentStateMessage = types.StringValue(string(e.State.Deployment)), orNull(e.State.DeploymentStateMessage)
	}
	return m
}
