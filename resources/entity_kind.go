package resources

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// entityKind is one of the four ways to serve a model. They exclude each other.
type entityKind struct {
	name    string
	decides []string // attributes that make an entity one of this kind
	takes   []string // attributes that it takes besides
}

// entityKinds lists the kinds, the most telling first: an entity is of the first kind that one of its
// attributes decides.
func entityKinds() []entityKind {
	model := []string{"entity_name", "entity_version"}
	return []entityKind{
		{"external model", []string{"external_model"}, nil},
		{"model with provisioned model units", []string{"provisioned_model_units", "burst_scaling_enabled"}, model},
		{"model with provisioned throughput", []string{"min_provisioned_throughput", "max_provisioned_throughput"}, model},
		{"custom model", []string{"workload_size", "min_provisioned_concurrency", "max_provisioned_concurrency"},
			append([]string{"workload_type", "scale_to_zero_enabled", "environment_vars", "environment_vars_wo",
				"environment_vars_wo_version", "instance_profile_arn"}, model...)},
	}
}

// attributes are the configured values by name.
func (m entityModel) attributes() map[string]attr.Value {
	return map[string]attr.Value{
		"entity_name": m.EntityName, "entity_version": m.EntityVersion,
		"workload_type": m.WorkloadType, "workload_size": m.WorkloadSize, "scale_to_zero_enabled": m.ScaleToZeroEnabled,
		"min_provisioned_concurrency": m.MinProvisionedConcurrency, "max_provisioned_concurrency": m.MaxProvisionedConcurrency,
		"min_provisioned_throughput": m.MinProvisionedThroughput, "max_provisioned_throughput": m.MaxProvisionedThroughput,
		"provisioned_model_units": m.ProvisionedModelUnits, "burst_scaling_enabled": m.BurstScalingEnabled,
		"environment_vars": m.EnvironmentVars, "environment_vars_wo": m.EnvironmentVarsWO,
		"environment_vars_wo_version": m.EnvironmentVarsWOVersion,
		"instance_profile_arn":        m.InstanceProfileARN, "external_model": m.ExternalModel,
	}
}

// validate checks a configured entity as far as its values are known. The entity stands at the path.
func (m entityModel) validate(at path.Path, diags *diag.Diagnostics) {
	values := m.attributes()
	kind, decided := kindOf(values)
	if decided {
		m.validateKind(kind, at, diags)
	} else if !undecided(values) {
		diags.AddAttributeError(at.AtName("entity_name"), "Unknown kind of served entity",
			"A served entity needs exactly one of: workload_size or provisioned concurrency (custom model), provisioned throughput, "+
				"provisioned_model_units, or external_model.")
	}
	checkVersion(m.EnvironmentVarsWO, m.EnvironmentVarsWOVersion, "environment_vars", at, diags)
	m.validateSizes(at, diags)
}

func kindOf(values map[string]attr.Value) (entityKind, bool) {
	for _, k := range entityKinds() {
		if slices.ContainsFunc(k.decides, func(name string) bool { return known(values[name]) }) {
			return k, true
		}
	}
	return entityKind{}, false
}

// undecided reports whether a value that is not known yet may decide the kind.
func undecided(values map[string]attr.Value) bool {
	return slices.ContainsFunc(entityKinds(), func(k entityKind) bool {
		return slices.ContainsFunc(k.decides, func(name string) bool { return values[name].IsUnknown() })
	})
}

func (m entityModel) validateKind(kind entityKind, at path.Path, diags *diag.Diagnostics) {
	values := m.attributes()
	decider := kind.decides[slices.IndexFunc(kind.decides, func(name string) bool { return known(values[name]) })]
	for name, v := range values {
		if known(v) && !slices.Contains(kind.decides, name) && !slices.Contains(kind.takes, name) {
			diags.AddAttributeError(at.AtName(name), "Attribute of another kind of served entity",
				fmt.Sprintf("%s makes this entity a %s, which takes %s, and %s belongs to another kind. Remove one of the two.",
					decider, kind.name, strings.Join(append(slices.Clone(kind.decides), kind.takes...), ", "), name))
		}
	}
	if slices.Contains(kind.takes, "entity_name") && m.EntityName.IsNull() {
		diags.AddAttributeError(at.AtName("entity_name"), "Missing model", fmt.Sprintf("A %s needs entity_name.", kind.name))
	}
	if known(m.BurstScalingEnabled) && m.ProvisionedModelUnits.IsNull() {
		diags.AddAttributeError(at.AtName("burst_scaling_enabled"), "Missing model units", "burst_scaling_enabled needs provisioned_model_units.")
	}
}
