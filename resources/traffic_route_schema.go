package resources

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// routeIdentity identifies a traffic route.
type routeIdentity struct {
	EndpointName     types.String `tfsdk:"endpoint_name"`
	ServedEntityName types.String `tfsdk:"served_entity_name"`
}

// Schema describes the resource.
func (r *trafficRoute) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	replace := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A claim of one served entity on the traffic of its endpoint. Entities without a route share what is not claimed, in their present proportions, " +
			"so a canary is one resource with one number. The split is valid at every moment, whatever the order in which routes come and go; where the claims of all " +
			"configurations together cannot be met, they are scaled, and a warning names the split. Deleting a route gives its claim up.",
		Attributes: map[string]schema.Attribute{
			"id": stableString("`<endpoint_name>/<served_entity_name>`, the import id."),
			"endpoint_name": schema.StringAttribute{
				Required: true, Validators: nameValidators(), PlanModifiers: replace,
				MarkdownDescription: "Serving endpoint whose traffic is claimed. Another endpoint replaces the route.",
			},
			"served_entity_name": schema.StringAttribute{
				Required: true, Validators: nameValidators(), PlanModifiers: replace,
				MarkdownDescription: "Name of the served entity. Another entity replaces the route.",
			},
			"traffic_percentage": schema.Int64Attribute{
				Required: true, Validators: []validator.Int64{int64validator.Between(0, 100)},
				MarkdownDescription: "Share of requests, a whole percentage from 0 to 100. With 0 the entity serves pinned requests alone.",
			},
			"timeouts": timeoutsAttribute(ctx),
		},
	}
}

// IdentitySchema describes the resource's identity.
func (r *trafficRoute) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"endpoint_name":      identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the serving endpoint."},
		"served_entity_name": identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the served entity."},
	}}
}

// ImportState takes <endpoint>/<served entity> or the identity.
func (r *trafficRoute) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	importComposite(ctx, req, resp, "served_entity_name")
}
