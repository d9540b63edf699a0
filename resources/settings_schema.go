package resources

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// notificationsAttribute is the schema of email_notifications.
func notificationsAttribute() schema.SingleNestedAttribute {
	addresses := func(description string) schema.Attribute {
		return schema.SetAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: "Who hears of finished config updates. Has a route of its own; removing it resets it.",
		Attributes: map[string]schema.Attribute{
			"on_update_success": addresses("Mail addresses that hear of updates that succeeded."),
			"on_update_failure": addresses("Mail addresses that hear of updates that failed."),
		},
	}
}

// telemetryAttribute is the schema of telemetry_config.
func telemetryAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: "Export of logs, metrics and traces of custom models. Has a route of its own; removing it resets it. " +
			"The server takes it once the endpoint serves custom models.",
		Attributes: map[string]schema.Attribute{
			"telemetry_profile_id": optionalText("Telemetry profile. Exclusive with `table_names`."),
			"table_names": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: "Tables to write to. The server never shows them, so changes made elsewhere go unseen.",
				Validators: []validator.Object{objectvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName("telemetry_profile_id"))},
				Attributes: map[string]schema.Attribute{
					"logs_table_name":    optionalText("Full name of the table of logs."),
					"metrics_table_name": optionalText("Full name of the table of metrics."),
					"traces_table_name":  optionalText("Full name of the table of traces."),
				},
			},
			"inference_table_config": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: "Sample of requests and answers.",
				Attributes: map[string]schema.Attribute{
					"name": optionalText("Full name of the table."),
					"sampling_fraction": schema.Float64Attribute{
						Optional: true, Validators: []validator.Float64{float64validator.Between(0, 1)}, MarkdownDescription: "Part of the requests that is kept, from 0 to 1.",
					},
				},
			},
			"enabled_telemetry_features": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				Validators: []validator.Set{setvalidator.ValueStringsAre(stringvalidator.OneOf(
					"TELEMETRY_FEATURE_INFERENCE_TABLE", "TELEMETRY_FEATURE_LOGS", "TELEMETRY_FEATURE_METRICS", "TELEMETRY_FEATURE_TRACES"))},
				MarkdownDescription: "Features to enable: `TELEMETRY_FEATURE_INFERENCE_TABLE`, `TELEMETRY_FEATURE_LOGS`, `TELEMETRY_FEATURE_METRICS`, `TELEMETRY_FEATURE_TRACES`.",
			},
		},
	}
}

// captureAttribute is the schema of auto_capture_config.
func captureAttribute() schema.SingleNestedAttribute {
	fixed := func(description string) schema.Attribute {
		return schema.StringAttribute{
			Required: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}, MarkdownDescription: description,
			PlanModifiers: []planmodifier.String{replaceBecause{why: captureIsFixed, unlessNew: true}},
		}
	}
	prefix := tablePrefix()
	prefix.PlanModifiers = append(prefix.PlanModifiers, replaceBecause{why: captureIsFixed, unlessNew: true})
	return schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: "Inference table of custom models, part of the config and therefore of the inline style: needs `served_entities`. " +
			"Catalog, schema and prefix are fixed once it is there, so a change replaces the endpoint, and so does enabling it again.",
		Attributes: map[string]schema.Attribute{
			"catalog_name":      fixed("Catalog of the table."),
			"schema_name":       fixed("Schema of the table."),
			"table_name_prefix": prefix,
			"enabled": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				PlanModifiers:       []planmodifier.Bool{replaceOnEnabling{}},
				MarkdownDescription: "Whether requests and answers are captured. Default `true`.",
			},
		},
	}
}

const captureIsFixed = "The API fixes where an inference table is written once it is enabled, so Terraform deletes the endpoint and creates it anew."

// endpointNameByDefault plans the endpoint's name where the attribute is not configured.
type endpointNameByDefault struct{}

// Description says what is planned.
func (endpointNameByDefault) Description(context.Context) string {
	return "The endpoint's name by default."
}

// MarkdownDescription is Description.
func (m endpointNameByDefault) MarkdownDescription(ctx context.Context) string {
	return m.Description(ctx)
}

// PlanModifyString plans the name.
func (endpointNameByDefault) PlanModifyString(ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if req.ConfigValue.IsNull() {
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("name"), &resp.PlanValue)...)
	}
}

// replaceOnEnabling replaces the endpoint when a disabled capture shall be enabled again.
type replaceOnEnabling struct{}

// Description gives the reason.
func (replaceOnEnabling) Description(context.Context) string {
	return "An inference table that was disabled cannot be enabled again, so the endpoint is replaced."
}

// MarkdownDescription is Description.
func (m replaceOnEnabling) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

// PlanModifyBool asks for the replacement.
func (m replaceOnEnabling) PlanModifyBool(ctx context.Context, req planmodifier.BoolRequest, resp *planmodifier.BoolResponse) {
	if known(req.StateValue) && !req.StateValue.ValueBool() && req.PlanValue.ValueBool() {
		resp.RequiresReplace = true
		resp.Diagnostics.AddAttributeWarning(req.Path, "Enabling the inference table again replaces the endpoint", m.Description(ctx))
	}
}
