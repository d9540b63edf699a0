package resources

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/client"
)

// concurrencyStep is what provisioned concurrency comes in: workload sizes are multiples of it.
const concurrencyStep = 4

// validateSizes checks the ranges of an entity as far as their bounds are known.
func (m entityModel) validateSizes(at path.Path, diags *diag.Diagnostics) {
	minC, maxC := at.AtName("min_provisioned_concurrency"), at.AtName("max_provisioned_concurrency")
	if known(m.MinProvisionedConcurrency) && m.MaxProvisionedConcurrency.IsNull() {
		diags.AddAttributeError(maxC, "Missing bound", "min_provisioned_concurrency needs max_provisioned_concurrency.")
	}
	if m.MinProvisionedConcurrency.IsNull() && known(m.MaxProvisionedConcurrency) {
		diags.AddAttributeError(minC, "Missing bound", "max_provisioned_concurrency needs min_provisioned_concurrency.")
	}
	if known(m.WorkloadSize) && (known(m.MinProvisionedConcurrency) || known(m.MaxProvisionedConcurrency)) {
		diags.AddAttributeError(at.AtName("workload_size"), "Two sizes", "Set either workload_size or provisioned concurrency.")
	}
	for _, bound := range []struct {
		at    path.Path
		value types.Int64
	}{{minC, m.MinProvisionedConcurrency}, {maxC, m.MaxProvisionedConcurrency}} {
		if n := bound.value.ValueInt64(); known(bound.value) && n%concurrencyStep != 0 {
			below := n / concurrencyStep * concurrencyStep
			diags.AddAttributeError(bound.at, "Invalid provisioned concurrency",
				fmt.Sprintf("Provisioned concurrency is a multiple of %d; the nearest are %d and %d, got %d.", concurrencyStep, below, below+concurrencyStep, n))
		}
	}
	ordered(m.MinProvisionedConcurrency, m.MaxProvisionedConcurrency, minC, diags)

	minT := at.AtName("min_provisioned_throughput")
	if known(m.MinProvisionedThroughput) && m.MaxProvisionedThroughput.IsNull() {
		diags.AddAttributeError(at.AtName("max_provisioned_throughput"), "Missing bound", "min_provisioned_throughput needs max_provisioned_throughput.")
	}
	ordered(m.MinProvisionedThroughput, m.MaxProvisionedThroughput, minT, diags)
}

func ordered(lower, upper types.Int64, at path.Path, diags *diag.Diagnostics) {
	if known(lower) && known(upper) && lower.ValueInt64() > upper.ValueInt64() {
		diags.AddAttributeError(at, "Lower bound above upper bound",
			fmt.Sprintf("%s is %d, which is more than its upper bound %d.", lastStep(at), lower.ValueInt64(), upper.ValueInt64()))
	}
}

// checkThroughput compares the planned throughput with what the model's version offers, where all of it is
// known. An info that cannot be had is a warning: the server checks again.
func (b *base) checkThroughput(ctx context.Context, m entityModel, at path.Path, diags *diag.Diagnostics) {
	bounds := map[string]types.Int64{
		"min_provisioned_throughput": m.MinProvisionedThroughput, "max_provisioned_throughput": m.MaxProvisionedThroughput,
	}
	anyKnown := false
	for _, v := range bounds {
		anyKnown = anyKnown || known(v)
	}
	if b.Services == nil || !anyKnown || !known(m.EntityName) || !known(m.EntityVersion) {
		return
	}
	model := m.EntityName.ValueString() + " version " + m.EntityVersion.ValueString()
	info, err := b.models.get(ctx, m.EntityName.ValueString(), api.Version(m.EntityVersion.ValueString()))
	switch {
	case errors.Is(err, client.ErrNotFound):
		diags.AddAttributeWarning(at.AtName("entity_name"), "Throughput not checked",
			fmt.Sprintf("The server does not know %s yet, so its throughput_chunk_size cannot be asked for. The server checks when the entity is applied.", model))
		return
	case err != nil:
		diags.AddAttributeWarning(at.AtName("entity_name"), "Throughput not checked", failureDetail(err))
		return
	case !info.Optimizable:
		diags.AddAttributeError(at.AtName("max_provisioned_throughput"), "Model not eligible for provisioned throughput",
			fmt.Sprintf("The server cannot provision %s by tokens per second. Serve it as a custom model with workload_type and workload_size.", model))
		return
	}
	for name, v := range bounds {
		if !known(v) {
			continue
		}
		if err := checkThroughput(v.ValueInt64(), info.ThroughputChunkSize); err != nil {
			diags.AddAttributeError(at.AtName(name), "Invalid provisioned throughput", fmt.Sprintf("For %s, %s %s.", model, name, err))
		}
	}
}
