package resources

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// memoryKey is where private state keeps the memories of a resource's entities.
const memoryKey = "entities"

// entityMemory is what states cannot hold of a served entity. It holds names alone, never a value.
type entityMemory struct {
	// Given lists the attributes that the configuration set, of those that the server fills in otherwise. It
	// tells "no longer set", which resets, from "never set", which leaves the choice with the server.
	Given []string `json:"given,omitempty"`
	// WriteOnlyEnvironment lists the variables that were sent write-only, because the server shows their values.
	WriteOnlyEnvironment []string `json:"write_only_environment,omitempty"`
}

// memories are keyed by the entity's name in the inline form, and by "" in an entity's own resource.
type memories map[string]entityMemory

type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// memory is what to remember of a configured entity.
func (m entityModel) memory() entityMemory {
	var o entityMemory
	if known(m.WorkloadType) {
		o.Given = append(o.Given, "workload_type")
	}
	if known(m.ScaleToZeroEnabled) {
		o.Given = append(o.Given, "scale_to_zero_enabled")
	}
	if known(m.MinProvisionedThroughput) {
		o.Given = append(o.Given, "min_provisioned_throughput")
	}
	if known(m.EnvironmentVarsWO) {
		o.WriteOnlyEnvironment = slices.Sorted(maps.Keys(m.EnvironmentVarsWO.Elements()))
	}
	return o
}

func recall(ctx context.Context, private privateReader, diags *diag.Diagnostics) memories {
	b, d := private.GetKey(ctx, memoryKey)
	diags.Append(d...)
	m := memories{}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &m); err != nil {
			diags.AddError("Cannot read private state", sentence(err.Error()))
		}
	}
	return m
}

func remember(ctx context.Context, private privateWriter, m memories, diags *diag.Diagnostics) {
	b, err := json.Marshal(m)
	if err != nil {
		diags.AddError("Cannot write private state", sentence(err.Error()))
		return
	}
	diags.Append(private.SetKey(ctx, memoryKey, b)...)
}

// serverChoice is for attributes that the server fills in: one that the configuration set and sets no longer
// is planned as unknown, so that the next write leaves it out and the server decides again.
type serverChoice struct{}

// Description says what is planned.
func (serverChoice) Description(context.Context) string {
	return "Removing the attribute gives the choice back to the server."
}

// MarkdownDescription is Description.
func (m serverChoice) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

// PlanModifyString plans the reset of a string.
func (serverChoice) PlanModifyString(ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if req.ConfigValue.IsNull() && !req.StateValue.IsNull() && !req.Plan.Raw.IsNull() && wasGiven(ctx, req.Private, req.Path, &resp.Diagnostics) {
		resp.PlanValue = types.StringUnknown()
	}
}

// PlanModifyBool plans the reset of a boolean.
func (serverChoice) PlanModifyBool(ctx context.Context, req planmodifier.BoolRequest, resp *planmodifier.BoolResponse) {
	if req.ConfigValue.IsNull() && !req.StateValue.IsNull() && !req.Plan.Raw.IsNull() && wasGiven(ctx, req.Private, req.Path, &resp.Diagnostics) {
		resp.PlanValue = types.BoolUnknown()
	}
}

// PlanModifyInt64 plans the reset of a number.
func (serverChoice) PlanModifyInt64(ctx context.Context, req planmodifier.Int64Request, resp *planmodifier.Int64Response) {
	if req.ConfigValue.IsNull() && !req.StateValue.IsNull() && !req.Plan.Raw.IsNull() && wasGiven(ctx, req.Private, req.Path, &resp.Diagnostics) {
		resp.PlanValue = types.Int64Unknown()
	}
}

func wasGiven(ctx context.Context, private privateReader, at path.Path, diags *diag.Diagnostics) bool {
	entity := ""
	for _, step := range at.Steps() {
		if key, ok := step.(path.PathStepElementKeyString); ok {
			entity = string(key)
		}
	}
	return slices.Contains(recall(ctx, private, diags)[entity].Given, lastStep(at))
}
