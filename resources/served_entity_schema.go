package resources

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// entityIdentity identifies a served entity.
type entityIdentity struct {
	EndpointName types.String `tfsdk:"endpoint_name"`
	Name         types.String `tfsdk:"name"`
}

// Schema describes the resource.
func (r *servedEntity) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := map[string]schema.Attribute{
		"id": stableString("`<endpoint_name>/<name>`, the import id."),
		"endpoint_name": schema.StringAttribute{
			Required: true, Validators: nameValidators(), PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			MarkdownDescription: "Serving endpoint that serves the entity. Another endpoint replaces the entity.",
		},
		"name": schema.StringAttribute{
			Optional: true, Computed: true, Validators: nameValidators(), PlanModifiers: []planmodifier.String{entityNameByRule{}},
			MarkdownDescription: "Name of the served entity, unique in its endpoint. Left out, it follows the server's rule: the last segment of `entity_name`, a dash and the version; " +
				"for external models the model's name with `.` and `:` as `-`. Another name replaces the entity, so give an explicit one " +
				"if new versions shall roll out in place.",
		},
		"invocations_url": stableString("URL that invokes this entity, whatever its share of traffic."),
		"timeouts":        timeoutsAttribute(ctx),
	}
	maps.Copy(attributes, entityAttributes())
	resp.Schema = schema.Schema{
		Attributes: attributes,
		MarkdownDescription: "A model behind a serving endpoint, on its own, so that modules and teams can each own theirs. All entities and routes of an endpoint that change " +
			"together travel in one config update.\n\nAn entity is of exactly one kind: custom model (`workload_size` or provisioned concurrency), provisioned throughput, " +
			"provisioned model units, or external model. Deleting the last entity of an endpoint sends an empty config; an API that refuses this keeps the entity " +
			"until the endpoint is deleted, and a warning says so.",
	}
}

// IdentitySchema describes the resource's identity.
func (r *servedEntity) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"endpoint_name": identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the serving endpoint."},
		"name":          identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the served entity."},
	}}
}

// ImportState takes <endpoint>/<name> or the identity.
func (r *servedEntity) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	importComposite(ctx, req, resp, "name")
}

// importComposite sets endpoint_name and the attribute that names what belongs to it, which has the same name
// in the identity.
func importComposite(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse, name string) {
	var endpoint, entity string
	if req.ID != "" {
		var err error
		if endpoint, entity, err = splitID(req.ID); err != nil {
			resp.Diagnostics.AddError("Invalid import id", sentence(err.Error()))
			return
		}
	} else {
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root("endpoint_name"), &endpoint)...)
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root(name), &entity)...)
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("endpoint_name"), endpoint)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), entity)...)
}
