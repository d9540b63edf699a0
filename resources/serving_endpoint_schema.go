package resources

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// maxDescription is the length of a description that the server takes, in characters.
const maxDescription = 1000

// endpointIdentity identifies a serving endpoint.
type endpointIdentity struct {
	Name types.String `tfsdk:"name"`
}

// IdentitySchema describes the resource's identity.
func (r *servingEndpoint) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"name": identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the serving endpoint."},
	}}
}

// Schema describes the resource.
func (r *servingEndpoint) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A model serving endpoint: a name with a URL, behind which served entities share the traffic.\n\n" +
			"What it serves is written in one of two styles. Composed: `inference_served_entity` and `inference_traffic_route` resources, each owned by its own module or team. " +
			"Inline: `served_entities` and `traffic` here, for one owner who lists everything.\n\n" +
			"The API cannot change `description`, `budget_policy_id` and `route_optimized`, so another value replaces the endpoint, and what it serves goes with it. " +
			"Entities of the composed style come back in the same apply if they follow it, by `lifecycle { replace_triggered_by = [inference_serving_endpoint.x.endpoint_id] }`; " +
			"without that, in the next one.\n\n" +
			"The import id is the name, or `<name>/inline` to bring the entities and the traffic into the endpoint's own state.",
		Attributes: map[string]schema.Attribute{
			"id": stableString("The name, which is the import id."),
			"name": schema.StringAttribute{
				Required: true, Validators: nameValidators(), PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "Name, unique in the workspace: 1 to 63 letters, digits, dashes and underscores. Another name replaces the endpoint.",
			},
			"description": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthBetween(1, maxDescription)},
				PlanModifiers:       []planmodifier.String{replaceBecause{why: "The API has no route that changes an endpoint's description, so Terraform deletes the endpoint and creates it anew."}},
				MarkdownDescription: "What the endpoint is for, at most 1000 characters. The API cannot change it, so another description replaces the endpoint.",
			},
			"tags": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Tags, as keys with values. Changes are sent in one request.",
			},
			"route_optimized": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false), PlanModifiers: []planmodifier.Bool{boolplanmodifier.RequiresReplace()},
				MarkdownDescription: "Whether requests take the short way to the model, with a URL of its own. Set at creation, so a change replaces the endpoint. Default `false`.",
			},
			"budget_policy_id": schema.StringAttribute{
				Optional: true, Computed: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers: []planmodifier.String{
					stringplanmodifier.UseStateForUnknown(),
					serverChoice{},
					replaceBecause{why: "The API has no route that changes an endpoint's budget policy, so Terraform deletes the endpoint and creates it anew."},
				},
				MarkdownDescription: "Budget policy that the endpoint's cost is booked on. The API cannot change it, so another policy replaces the endpoint. " +
					"Left out, it is the policy that the workspace applies.",
			},
			"email_notifications": notificationsAttribute(),
			"ai_gateway":          gatewayAttribute(),
			"telemetry_config":    telemetryAttribute(),
			"auto_capture_config": captureAttribute(),
			"served_entities": schema.MapNestedAttribute{
				Optional: true, NestedObject: schema.NestedAttributeObject{Attributes: entityAttributes()},
				Validators: []validator.Map{mapvalidator.SizeAtLeast(1), mapvalidator.KeysAre(nameValidators()...)},
				MarkdownDescription: "Served entities by name: the inline style, in which the endpoint lists all that it serves, and everything else is removed from it. " +
					"Left out, entities are not managed here; use `inference_served_entity` then. The two styles exclude each other on one endpoint.",
			},
			"traffic": schema.MapAttribute{
				Optional: true, Computed: true, ElementType: types.Int64Type,
				Validators:          []validator.Map{mapvalidator.KeysAre(nameValidators()...), mapvalidator.ValueInt64sAre(int64validator.Between(0, 100))},
				MarkdownDescription: "Percentage of requests for each of `served_entities`, 100 together. Left out, the split stays as it is, and new entities start with equal shares of what is left.",
			},
			"endpoint_id":     stableString("Id that the server gave the endpoint, 32 hexadecimal digits; permissions are bound to it."),
			"creator":         stableString("Who created the endpoint."),
			"invocations_url": stableString("URL that invokes the endpoint under its traffic split."),
			"openai_base_url": stableString("Base URL for OpenAI clients, which name the endpoint as their model."),
			"endpoint_url": schema.StringAttribute{
				Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseNonNullStateForUnknown()},
				MarkdownDescription: "URL of a route-optimized endpoint.",
			},
			"timeouts": timeoutsAttribute(ctx),
		},
	}
}
