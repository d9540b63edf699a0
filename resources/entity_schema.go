package resources

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// maxEnvironmentVars is how many environment variables the server takes per entity.
const maxEnvironmentVars = 30

// entityAttributes are the attributes of a served entity, the same in its own resource and in the inline form.
func entityAttributes() map[string]schema.Attribute {
	count := func(description string, least int64) schema.Attribute {
		return schema.Int64Attribute{
			Optional: true, Validators: []validator.Int64{int64validator.AtLeast(least)}, MarkdownDescription: description,
		}
	}
	return map[string]schema.Attribute{
		"entity_name": schema.StringAttribute{
			Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			MarkdownDescription: "Full name `catalog.schema.model` of the registered model. Required unless `external_model` is set.",
		},
		"entity_version": schema.StringAttribute{
			Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			MarkdownDescription: "Version of the registered model. A change rolls out in place, if the entity's name stays the same.",
		},
		"workload_type": schema.StringAttribute{
			Optional: true, Computed: true,
			Validators:    []validator.String{stringvalidator.LengthAtLeast(1), listedWorkloadType()},
			PlanModifiers: []planmodifier.String{serverChoice{}},
			MarkdownDescription: "Compute of a custom model: `CPU` (the server's default), `CPU_MEDIUM`, `CPU_LARGE`, `GPU_SMALL`, `GPU_MEDIUM`, `GPU_LARGE`, " +
				"`GPU_LARGE_2`, `GPU_XLARGE`, `GPU_XLARGE_8`, `MULTIGPU_MEDIUM`. The server has the last word, so another value is a warning.",
		},
		"workload_size": schema.StringAttribute{
			Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			MarkdownDescription: "Scale-out of a custom model: `Small` (4 concurrent requests), `Medium` (8–16), `Large` (16–64), or a size of your workspace's own. " +
				"Exclusive with provisioned concurrency.",
		},
		"scale_to_zero_enabled": schema.BoolAttribute{
			Optional: true, Computed: true, PlanModifiers: []planmodifier.Bool{serverChoice{}},
			MarkdownDescription: "Whether a custom model's compute goes away while nobody asks. Left out, the server decides.",
		},
		"min_provisioned_concurrency": count("Least number of concurrent requests that a custom model has compute for, a multiple of 4. Needs `max_provisioned_concurrency`.", 0),
		"max_provisioned_concurrency": count("Greatest number of concurrent requests, a multiple of 4. Needs `min_provisioned_concurrency`.", 4),
		"min_provisioned_throughput": schema.Int64Attribute{
			Optional: true, Computed: true, Validators: []validator.Int64{int64validator.AtLeast(0)}, PlanModifiers: []planmodifier.Int64{serverChoice{}},
			MarkdownDescription: "Tokens per second that are always provisioned, a multiple of the model's `throughput_chunk_size`; 0 scales to none. " +
				"Checked at plan where the model's version is known.",
		},
		"max_provisioned_throughput": count("Tokens per second to scale up to, a multiple of the model's `throughput_chunk_size`.", 1),
		"provisioned_model_units":    count("Model units to provision, for models that are not provisioned by tokens per second.", 1),
		"burst_scaling_enabled": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether an entity with model units may burst above them; the server's default is true. The server never shows this " +
				"setting, so changes made elsewhere go unseen.",
		},
		"environment_vars": schema.MapAttribute{
			Optional: true, Sensitive: true, ElementType: types.StringType,
			Validators: []validator.Map{mapvalidator.SizeBetween(1, maxEnvironmentVars)},
			MarkdownDescription: "Environment variables of a custom model, at most 30, plain or references `{{secrets/scope/key}}`. " +
				"They stand in the state; see `environment_vars_wo`.",
		},
		"environment_vars_wo": schema.MapAttribute{
			Optional: true, Sensitive: true, WriteOnly: true, ElementType: types.StringType,
			Validators:          []validator.Map{mapvalidator.SizeBetween(1, maxEnvironmentVars)},
			MarkdownDescription: "More environment variables, write-only: sent, and kept neither in state nor in plan. Set it with `environment_vars_wo_version`.",
		},
		"environment_vars_wo_version": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "Version of `environment_vars_wo`; start with 1, and raise it to send new values.",
		},
		"instance_profile_arn": schema.StringAttribute{
			Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			MarkdownDescription: "ARN of the AWS instance profile with which a custom model reaches AWS resources.",
		},
		"external_model": externalAttribute(),
	}
}
