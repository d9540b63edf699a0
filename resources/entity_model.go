package resources

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// entityModel is the served entity as configurations, plans and states hold it. The write-only attributes have
// values in configurations alone.
type entityModel struct {
	EntityName                types.String `tfsdk:"entity_name"`
	EntityVersion             types.String `tfsdk:"entity_version"`
	WorkloadType              types.String `tfsdk:"workload_type"`
	WorkloadSize              types.String `tfsdk:"workload_size"`
	ScaleToZeroEnabled        types.Bool   `tfsdk:"scale_to_zero_enabled"`
	MinProvisionedConcurrency types.Int64  `tfsdk:"min_provisioned_concurrency"`
	MaxProvisionedConcurrency types.Int64  `tfsdk:"max_provisioned_concurrency"`
	MinProvisionedThroughput  types.Int64  `tfsdk:"min_provisioned_throughput"`
	MaxProvisionedThroughput  types.Int64  `tfsdk:"max_provisioned_throughput"`
	ProvisionedModelUnits     types.Int64  `tfsdk:"provisioned_model_units"`
	BurstScalingEnabled       types.Bool   `tfsdk:"burst_scaling_enabled"`
	EnvironmentVars           types.Map    `tfsdk:"environment_vars"`
	EnvironmentVarsWO         types.Map    `tfsdk:"environment_vars_wo"`
	EnvironmentVarsWOVersion  types.Int64  `tfsdk:"environment_vars_wo_version"`
	InstanceProfileARN        types.String `tfsdk:"instance_profile_arn"`
	ExternalModel             types.Object `tfsdk:"external_model"`
}

// expand makes the request for a configured entity. A configuration that is applied is wholly known.
func (m entityModel) expand(name string) (api.ServedEntityInput, error) {
	external, err := expandExternal(m.ExternalModel, inferredProvider(m.ExternalModel).ValueString())
	if err != nil {
		return api.ServedEntityInput{}, err
	}
	environment := stringsOf(m.EnvironmentVars)
	for k, v := range stringsOf(m.EnvironmentVarsWO) {
		if environment == nil {
			environment = map[string]string{}
		}
		environment[k] = v
	}
	return api.ServedEntityInput{
		Name:          name,
		EntityName:    m.EntityName.ValueString(),
		EntityVersion: api.Version(m.EntityVersion.ValueString()),
		ExternalModel: external,
		EntitySettings: api.EntitySettings{
			WorkloadType:              m.WorkloadType.ValueString(),
			WorkloadSize:              m.WorkloadSize.ValueString(),
			ScaleToZeroEnabled:        m.ScaleToZeroEnabled.ValueBoolPointer(),
			MinProvisionedConcurrency: m.MinProvisionedConcurrency.ValueInt64Pointer(),
			MaxProvisionedConcurrency: m.MaxProvisionedConcurrency.ValueInt64Pointer(),
			MinProvisionedThroughput:  m.MinProvisionedThroughput.ValueInt64Pointer(),
			MaxProvisionedThroughput:  m.MaxProvisionedThroughput.ValueInt64Pointer(),
			ProvisionedModelUnits:     m.ProvisionedModelUnits.ValueInt64Pointer(),
			BurstScalingEnabled:       m.BurstScalingEnabled.ValueBoolPointer(),
			EnvironmentVars:           environment,
			InstanceProfileARN:        m.InstanceProfileARN.ValueString(),
		},
	}, nil
}

// flatten is the state of an entity as the server shows it. What the server never shows is taken from m, the
// prior state; what it fills in by itself, where m has nothing, stays null.
func (m entityModel) flatten(e api.ServedEntity, memory entityMemory, imported bool) (entityModel, error) {
	external, err := flattenExternal(e.ExternalModel, m.ExternalModel, imported)
	if err != nil {
		return m, err
	}
	byTokens := e.MinProvisionedThroughput != nil || e.MaxProvisionedThroughput != nil
	byUnits := e.ProvisionedModelUnits != nil
	byConcurrency := e.MinProvisionedConcurrency != nil && (imported || known(m.MinProvisionedConcurrency) || m.WorkloadSize.IsNull())

	o := entityModel{
		EntityName:               orNull(e.EntityName),
		EntityVersion:            orNull(string(e.EntityVersion)),
		WorkloadType:             orNull(e.WorkloadType),
		ScaleToZeroEnabled:       types.BoolPointerValue(e.ScaleToZeroEnabled),
		MinProvisionedThroughput: types.Int64PointerValue(e.MinProvisionedThroughput),
		MaxProvisionedThroughput: types.Int64PointerValue(e.MaxProvisionedThroughput),
		ProvisionedModelUnits:    types.Int64PointerValue(e.ProvisionedModelUnits),
		BurstScalingEnabled:      m.BurstScalingEnabled,
		EnvironmentVars:          mapOf(without(e.EnvironmentVars, memory.WriteOnlyEnvironment)),
		EnvironmentVarsWO:        types.MapNull(types.StringType),
		EnvironmentVarsWOVersion: m.EnvironmentVarsWOVersion,
		InstanceProfileARN:       orNull(e.InstanceProfileARN),
		ExternalModel:            external,
	}
	switch {
	case byTokens, byUnits, e.ExternalModel != nil: // what the server shows of compute is its own choice
	case byConcurrency:
		o.MinProvisionedConcurrency = types.Int64PointerValue(e.MinProvisionedConcurrency)
		o.MaxProvisionedConcurrency = types.Int64PointerValue(e.MaxProvisionedConcurrency)
	default:
		o.WorkloadSize = orNull(e.WorkloadSize)
	}
	return o, nil
}

// settled is the state after a write: the plan, with what was unknown filled in from the server. It names the
// attributes where the server shows something else than was planned, which it must have dropped.
func (m entityModel) settled(shown entityModel) (entityModel, []string) {
	var dropped []string
	shown.ExternalModel = settledObject(m.ExternalModel, shown.ExternalModel, "external_model", &dropped)
	note := func(name string, planned, have attr.Value) {
		if !planned.IsUnknown() && !planned.Equal(have) {
			dropped = append(dropped, name)
		}
	}
	note("entity_name", m.EntityName, shown.EntityName)
	note("entity_version", m.EntityVersion, shown.EntityVersion)
	note("workload_type", m.WorkloadType, shown.WorkloadType)
	note("workload_size", m.WorkloadSize, shown.WorkloadSize)
	note("scale_to_zero_enabled", m.ScaleToZeroEnabled, shown.ScaleToZeroEnabled)
	note("min_provisioned_concurrency", m.MinProvisionedConcurrency, shown.MinProvisionedConcurrency)
	note("max_provisioned_concurrency", m.MaxProvisionedConcurrency, shown.MaxProvisionedConcurrency)
	note("min_provisioned_throughput", m.MinProvisionedThroughput, shown.MinProvisionedThroughput)
	note("max_provisioned_throughput", m.MaxProvisionedThroughput, shown.MaxProvisionedThroughput)
	note("provisioned_model_units", m.ProvisionedModelUnits, shown.ProvisionedModelUnits)
	note("environment_vars", m.EnvironmentVars, shown.EnvironmentVars)
	note("instance_profile_arn", m.InstanceProfileARN, shown.InstanceProfileARN)

	o := m
	o.ExternalModel = shown.ExternalModel
	if m.WorkloadType.IsUnknown() {
		o.WorkloadType = shown.WorkloadType
	}
	if m.ScaleToZeroEnabled.IsUnknown() {
		o.ScaleToZeroEnabled = shown.ScaleToZeroEnabled
	}
	if m.MinProvisionedThroughput.IsUnknown() {
		o.MinProvisionedThroughput = shown.MinProvisionedThroughput
	}
	slices.Sort(dropped)
	return o, dropped
}

// sameOnWire reports whether a planned entity asks for nothing that the prior state lacks. What is unknown is
// the server's to fill in.
func (m entityModel) sameOnWire(state entityModel) bool {
	have := state.attributes()
	for name, v := range m.attributes() {
		if !v.IsUnknown() && !v.Equal(have[name]) {
			return false
		}
	}
	return true
}

// settledObject is settled for nested objects: attribute by attribute.
func settledObject(planned, shown types.Object, name string, dropped *[]string) types.Object {
	if planned.IsUnknown() {
		return shown
	}
	if planned.IsNull() || shown.IsNull() {
		if !planned.IsNull() || !shown.IsNull() {
			*dropped = append(*dropped, name)
		}
		return planned
	}
	values := planned.Attributes()
	for k, v := range values {
		have := shown.Attributes()[k]
		switch inner := v.(type) {
		case types.Object:
			values[k] = settledObject(inner, have.(types.Object), name+"."+k, dropped)
		default:
			if v.IsUnknown() {
				values[k] = have
			} else if !v.Equal(have) {
				*dropped = append(*dropped, name+"."+k)
			}
		}
	}
	return types.ObjectValueMust(planned.AttributeTypes(context.Background()), values)
}

func stringsOf(m types.Map) map[string]string {
	if !known(m) || len(m.Elements()) == 0 {
		return nil
	}
	o := map[string]string{}
	for k, v := range m.Elements() {
		if s, ok := v.(types.String); ok {
			o[k] = s.ValueString()
		}
	}
	return o
}

func mapOf(m map[string]string) types.Map {
	if len(m) == 0 {
		return types.MapNull(types.StringType)
	}
	values := map[string]attr.Value{}
	for k, v := range m {
		values[k] = types.StringValue(v)
	}
	return types.MapValueMust(types.StringType, values)
}

func without(m map[string]string, keys []string) map[string]string {
	o := map[string]string{}
	for k, v := range m {
		if !slices.Contains(keys, k) {
			o[k] = v
		}
	}
	return o
}

// keepServerChoices plans what the server has filled in as it is: nothing that it depends on changes.
func (m entityModel) keepServerChoices(ctx context.Context, state entityModel, at path.Path, plan *tfsdk.Plan, diags *diag.Diagnostics) {
	have := state.attributes()
	for name, v := range m.attributes() {
		if v.IsUnknown() {
			diags.Append(plan.SetAttribute(ctx, at.AtName(name), have[name])...)
		}
	}
}
