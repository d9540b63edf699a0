package resources

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// replaceBecause replaces the resource when the attribute changes, and says why in a warning: the API has no
// route that carries the change.
type replaceBecause struct {
	why       string
	unlessNew bool // setting what was not set before needs no replacement
}

// Description gives the reason.
func (m replaceBecause) Description(context.Context) string { return m.why }

// MarkdownDescription is Description.
func (m replaceBecause) MarkdownDescription(context.Context) string { return m.why }

// PlanModifyString asks for the replacement.
func (m replaceBecause) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if req.State.Raw.IsNull() || req.Plan.Raw.IsNull() || req.PlanValue.Equal(req.StateValue) || m.unlessNew && req.StateValue.IsNull() {
		return
	}
	resp.RequiresReplace = true
	resp.Diagnostics.AddAttributeWarning(req.Path, fmt.Sprintf("Changing %s replaces the resource", lastStep(req.Path)), m.why)
}

// entityNameByRule plans the name that the server would give, so that ids and routes are known before
// anything is created, and replaces the entity when the name changes.
type entityNameByRule struct{}

// Description says what is planned.
func (entityNameByRule) Description(context.Context) string {
	return "Follows from the model and its version where it is not given; another name is another served entity."
}

// MarkdownDescription is Description.
func (m entityNameByRule) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

// PlanModifyString plans the name.
func (entityNameByRule) PlanModifyString(ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	if req.ConfigValue.IsNull() {
		var entityName, version types.String
		var external types.Object
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("entity_name"), &entityName)...)
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("entity_version"), &version)...)
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("external_model"), &external)...)
		resp.PlanValue = defaultName(entityName, version, external)
	}
	if !req.State.Raw.IsNull() && !resp.PlanValue.Equal(req.StateValue) {
		resp.RequiresReplace = true
	}
}

// defaultName is the server's rule over what is known; unknown otherwise.
func defaultName(entityName, version types.String, external types.Object) types.String {
	switch {
	case entityName.IsUnknown(), version.IsUnknown(), external.IsUnknown():
		return types.StringUnknown()
	case !entityName.IsNull():
		return types.StringValue(api.DefaultEntityName(entityName.ValueString(), api.Version(version.ValueString())))
	}
	if model := stringAt(external, "name"); known(model) {
		return types.StringValue(api.DefaultExternalName(model.ValueString()))
	}
	return types.StringUnknown()
}

// providerOfBlock plans external_model.provider from the block that is set.
type providerOfBlock struct{}

// Description says what is planned.
func (providerOfBlock) Description(context.Context) string {
	return "Follows from the provider block where it is not given."
}

// MarkdownDescription is Description.
func (m providerOfBlock) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

// PlanModifyString plans the provider.
func (providerOfBlock) PlanModifyString(ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	var external types.Object
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, req.Path.ParentPath(), &external)...)
	resp.PlanValue = inferredProvider(external)
}

// inferredProvider is the provider whose block is set; unknown where that is not known.
func inferredProvider(external types.Object) types.String {
	for _, b := range externalBlocks() {
		switch o := objectAt(external, b.name); {
		case o.IsUnknown():
			return types.StringUnknown()
		case !o.IsNull():
			return types.StringValue(b.provider)
		}
	}
	return types.StringUnknown()
}
