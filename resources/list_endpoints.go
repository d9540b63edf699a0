package resources

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ list.ListResourceWithConfigure = &endpointList{}

// endpointList lists inference_serving_endpoint.
type endpointList struct{ lister }

// NewEndpointList returns the list resource inference_serving_endpoint.
func NewEndpointList() list.ListResource { return &endpointList{} }

// Metadata names the resource that is listed.
func (l *endpointList) Metadata(ctx context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	(&servingEndpoint{}).Metadata(ctx, req, resp)
}

// ListResourceConfigSchema describes a list block.
func (l *endpointList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{MarkdownDescription: "Serving endpoints of the workspace, by name."}
}

// List finds the endpoints.
func (l *endpointList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	l.stream(ctx, req, stream, func(yield func(found, diag.Diagnostics) bool) {
		for ep, diags := range l.endpoints(ctx, "") {
			f := found{ep.Name, endpointIdentity{types.StringValue(ep.Name)}, func(ctx context.Context, result *list.ListResult) {
				var m endpointModel
				result.Diagnostics.Append(result.Resource.SetAttribute(ctx, path.Root("name"), ep.Name)...)
				result.Diagnostics.Append(result.Resource.Get(ctx, &m)...)
				m, err := m.flatten(ep, l.host, view{imported: true})
				if err != nil {
					l.fail(ctx, &result.Diagnostics, "read", endpointObject(ep.Name), err)
					return
				}
				result.Diagnostics.Append(result.Resource.Set(ctx, m)...)
			}}
			if !yield(f, diags) {
				return
			}
		}
	})
}
