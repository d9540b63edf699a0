package resources

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// gatewayAttribute is the schema of ai_gateway.
func gatewayAttribute() schema.SingleNestedAttribute {
	switchable := func(description string) schema.Attribute {
		return schema.SingleNestedAttribute{Optional: true, MarkdownDescription: description, Attributes: map[string]schema.Attribute{
			"enabled": schema.BoolAttribute{Required: true, MarkdownDescription: "Whether it is on."},
		}}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "What stands between callers and models: limits, guardrails, logging, fallbacks. Has a route of its own, so that a change rolls nothing out. " +
			"Removing it resets all of it.",
		Attributes: map[string]schema.Attribute{
			"fallback_config":       switchable("Tries the other entities, in the order of their names, when the chosen one answers 429 or 5xx; entities with 0 % included."),
			"usage_tracking_config": switchable("Records usage in system tables."),
			"guardrails": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: "What requests and answers are checked for.",
				Attributes: map[string]schema.Attribute{
					"input":  guardrailAttribute("What requests are checked for."),
					"output": guardrailAttribute("What answers are checked for."),
				},
			},
			"inference_table_config": schema.SingleNestedAttribute{
				Optional: true,
				MarkdownDescription: "Logs requests and answers to a table. Another catalog, schema or prefix takes two requests, because the table must be disabled in between; " +
					"the provider makes both.",
				Attributes: map[string]schema.Attribute{
					"enabled":           schema.BoolAttribute{Required: true, MarkdownDescription: "Whether requests and answers are logged."},
					"catalog_name":      optionalText("Catalog of the table."),
					"schema_name":       optionalText("Schema of the table."),
					"table_name_prefix": tablePrefix(),
				},
			},
			"rate_limits": schema.ListNestedAttribute{
				Optional: true, MarkdownDescription: "Limits on requests and tokens. 0 blocks; left out, there is no limit.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"calls":  schema.Int64Attribute{Optional: true, Validators: []validator.Int64{int64validator.AtLeast(0)}, MarkdownDescription: "Requests per period; 0 blocks."},
					"tokens": schema.Int64Attribute{Optional: true, Validators: []validator.Int64{int64validator.AtLeast(0)}, MarkdownDescription: "Tokens per period; 0 blocks."},
					"key": schema.StringAttribute{
						Optional: true, Computed: true, Default: stringdefault.StaticString("endpoint"),
						Validators:          []validator.String{stringvalidator.OneOf("endpoint", "user", "user_group", "service_principal")},
						MarkdownDescription: "Who is counted: `endpoint` (the default), `user`, `user_group` or `service_principal`.",
					},
					"principal": optionalText("Name of the user group or service principal that the limit is for."),
					"renewal_period": schema.StringAttribute{
						Optional: true, Computed: true, Default: stringdefault.StaticString("minute"),
						Validators: []validator.String{stringvalidator.OneOf("minute")}, MarkdownDescription: "Period: `minute`.",
					},
				}},
			},
		},
	}
}

func guardrailAttribute(description string) schema.Attribute {
	words := func(description string) schema.Attribute {
		return schema.SetAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{Optional: true, MarkdownDescription: description, Attributes: map[string]schema.Attribute{
		"safety": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether unsafe content is blocked."},
		"pii": schema.SingleNestedAttribute{Optional: true, MarkdownDescription: "Personal data.", Attributes: map[string]schema.Attribute{
			"behavior": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.OneOf("NONE", "BLOCK", "MASK")},
				MarkdownDescription: "What happens to personal data: `NONE`, `BLOCK` or `MASK`.",
			},
		}},
		"invalid_keywords": words("Words that are blocked. Deprecated by the API."),
		"valid_topics":     words("Topics that are allowed. Deprecated by the API."),
	}}
}

func optionalText(description string) schema.Attribute {
	return schema.StringAttribute{
		Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}, MarkdownDescription: description,
	}
}

// tablePrefix is the prefix of a table's name, which is the endpoint's name where it is not given.
func tablePrefix() schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		PlanModifiers:       []planmodifier.String{endpointNameByDefault{}},
		MarkdownDescription: "Prefix of the table's name; the endpoint's name by default.",
	}
}
