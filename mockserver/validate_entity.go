package mockserver

import (
	"slices"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// checkEntity proves one completed entity valid.
func (s *Server) checkEntity(w *workspace, e api.ServedEntityInput, at string) error {
	if err := checkName(at+".name", e.Name); err != nil {
		return err
	}
	if len(e.EnvironmentVars) > maxEnvVars {
		return invalid(at+".environment_vars", "must have at most %d entries, got %d", maxEnvVars, len(e.EnvironmentVars))
	}
	for k, v := range e.EnvironmentVars {
		if k == "" {
			return invalid(at+".environment_vars", "has an empty name")
		}
		if _, _, ok := api.SecretReference(v); !ok && strings.HasPrefix(v, "{{secrets") {
			return invalid(at+".environment_vars."+k, "must have the form {{secrets/scope/key}} to refer to a secret")
		}
	}
	if e.ExternalModel != nil {
		return checkExternal(e, at)
	}
	if e.EntityName == "" {
		return invalid(at+".entity_name", "or external_model is required")
	}
	if e.EntityVersion == "" {
		return invalid(at+".entity_version", "is required for registered models")
	}
	m, missing := s.model(w, e)
	if missing != "" {
		return invalid(at, "cannot be served: %s", missing)
	}
	if err := checkWorkload(e, at); err != nil {
		return err
	}
	if err := s.checkGPUs(w, e, at); err != nil {
		return err
	}
	switch kindOf(e) {
	case kindThroughput:
		return checkThroughput(e, m, at)
	case kindUnits:
		return checkUnits(e, at)
	default:
		return s.checkCustom(e, at)
	}
}

func checkWorkload(e api.ServedEntityInput, at string) error {
	if e.WorkloadType != "" && !slices.Contains(api.WorkloadTypes(), e.WorkloadType) {
		return invalid(at, "asks for workload type %s with size %s, which is not supported: use one of %s",
			e.WorkloadType, e.WorkloadSize, strings.Join(api.WorkloadTypes(), ", "))
	}
	lo, hi := e.MinProvisionedConcurrency, e.MaxProvisionedConcurrency
	switch {
	case lo == nil && hi == nil:
		return nil
	case lo == nil || hi == nil:
		return invalid(at, "must have both min_provisioned_concurrency and max_provisioned_concurrency, or neither")
	case e.WorkloadSize != "":
		return invalid(at+".workload_size", "and a provisioned concurrency exclude each other")
	case *lo < 0 || *lo%4 != 0:
		return invalid(at+".min_provisioned_concurrency", "must be a multiple of 4, got %d", *lo)
	case *hi <= 0 || *hi%4 != 0:
		return invalid(at+".max_provisioned_concurrency", "must be a positive multiple of 4, got %d", *hi)
	case *lo > *hi:
		return invalid(at+".min_provisioned_concurrency", "must be at most max_provisioned_concurrency: %d is above %d", *lo, *hi)
	}
	return nil
}

// checkCustom speaks of workloadSizeId and scaleToZeroEnabled, as the API does.
func (s *Server) checkCustom(e api.ServedEntityInput, at string) error {
	switch {
	case e.BurstScalingEnabled != nil:
		return invalid(at+".burst_scaling_enabled", "needs provisioned_model_units")
	case e.WorkloadSize == "" && e.MinProvisionedConcurrency == nil:
		return invalid(at+".workload_size", "is required unless a provisioned concurrency or throughput is given: workloadSizeId is undefined")
	case s.opts.StrictScaleToZero && e.ScaleToZeroEnabled == nil:
		return invalid(at+".scale_to_zero_enabled", "is required: scaleToZeroEnabled is undefined")
	}
	return nil
}

// checkThroughput holds the range against the increment that the optimization info tells.
func checkThroughput(e api.ServedEntityInput, m Model, at string) error {
	if !m.Optimizable {
		reason := ""
		if m.Reason != "" {
			reason = ": " + m.Reason
		}
		return invalid(at, "(%s) serves %s version %s, which is not eligible for provisioned throughput%s", e.Name, e.EntityName, e.EntityVersion, reason)
	}
	if e.MinProvisionedConcurrency != nil {
		return invalid(at+".min_provisioned_concurrency", "and a provisioned throughput exclude each other")
	}
	for _, b := range []struct {
		field string
		value *int64
	}{
		{"min_provisioned_throughput", e.MinProvisionedThroughput},
		{"max_provisioned_throughput", e.MaxProvisionedThroughput},
	} {
		if b.value != nil && (*b.value < 0 || *b.value%m.ChunkSize != 0) {
			return invalid(at+"."+b.field, "of served entity %s must be a multiple of %d tokens per second, got %d", e.Name, m.ChunkSize, *b.value)
		}
	}
	lo, hi := e.MinProvisionedThroughput, e.MaxProvisionedThroughput
	switch {
	case hi != nil && *hi == 0:
		return invalid(at+".max_provisioned_throughput", "of served entity %s must be positive", e.Name)
	case hi == nil:
		return invalid(at+".max_provisioned_throughput", "of served entity %s is required", e.Name)
	case lo != nil && *lo > *hi:
		return invalid(at+".min_provisioned_throughput", "of served entity %s must be at most max_provisioned_throughput: %d is above %d", e.Name, *lo, *hi)
	}
	return nil
}

func checkUnits(e api.ServedEntityInput, at string) error {
	switch {
	case e.MinProvisionedThroughput != nil || e.MaxProvisionedThroughput != nil:
		return invalid(at+".provisioned_model_units", "and a provisioned throughput exclude each other")
	case e.MinProvisionedConcurrency != nil || e.WorkloadSize != "":
		return invalid(at+".provisioned_model_units", "and a workload size or concurrency exclude each other")
	case *e.ProvisionedModelUnits <= 0:
		return invalid(at+".provisioned_model_units", "must be positive, got %d", *e.ProvisionedModelUnits)
	}
	return nil
}
