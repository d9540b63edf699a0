package resources

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

var _ list.ListResourceWithConfigure = &entityList{}

// entityList lists inference_served_entity.
type entityList struct{ lister }

// NewEntityList returns the list resource inference_served_entity.
func NewEntityList() list.ListResource { return &entityList{} }

// Metadata names the resource that is listed.
func (l *entityList) Metadata(ctx context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	(&servedEntity{}).Metadata(ctx, req, resp)
}

// ListResourceConfigSchema describes a list block.
func (l *entityList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = ofEndpoint("Served entities, by endpoint and name.")
}

func ofEndpoint(description string) schema.Schema {
	return schema.Schema{MarkdownDescription: description, Attributes: map[string]schema.Attribute{
		"endpoint_name": schema.StringAttribute{Optional: true, MarkdownDescription: "Serving endpoint to look into; left out, all of them."},
	}}
}

// List finds the entities.
func (l *entityList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	l.stream(ctx, req, stream, func(yield func(found, diag.Diagnostics) bool) {
		var endpoint types.String
		if diags := req.Config.GetAttribute(ctx, path.Root("endpoint_name"), &endpoint); diags.HasError() {
			yield(found{}, diags)
			return
		}
		for ep, diags := range l.endpoints(ctx, endpoint.ValueString()) {
			if diags.HasError() {
				yield(found{}, diags)
				return
			}
			for _, e := range servedBy(ep) {
				if !yield(l.found(ep, e), nil) {
					return
				}
			}
		}
	})
}

func (l *entityList) found(ep api.Endpoint, e api.ServedEntity) found {
	identity := entityIdentity{types.StringValue(ep.Name), types.StringValue(e.Name)}
	return found{compositeID(ep.Name, e.Name), identity, func(ctx context.Context, result *list.ListResult) {
		var m servedEntityModel
		result.Diagnostics.Append(result.Resource.SetAttribute(ctx, path.Root("endpoint_name"), ep.Name)...)
		result.Diagnostics.Append(result.Resource.SetAttribute(ctx, path.Root("name"), e.Name)...)
		result.Diagnostics.Append(result.Resource.Get(ctx, &m)...)
		shown, err := m.flatten(e, entityMemory{}, true)
		if err != nil {
			l.fail(ctx, &result.Diagnostics, "read", entityObject(ep.Name, e.Name), err)
			return
		}
		m.entityModel = shown
		(&servedEntity{l.base}).identify(&m)
		result.Diagnostics.Append(result.Resource.Set(ctx, m)...)
	}}
}

// servedBy lists the entities of what an endpoint serves, or is on its way to.
func servedBy(ep api.Endpoint) []api.ServedEntity {
	if c := ep.Target(); c != nil {
		return c.ServedEntities
	}
	return nil
}
