package resources

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/endpointconfig"
)

var _ list.ListResourceWithConfigure = &routeList{}

// routeList lists inference_traffic_route.
type routeList struct{ lister }

// NewRouteList returns the list resource inference_traffic_route.
func NewRouteList() list.ListResource { return &routeList{} }

// Metadata names the resource that is listed.
func (l *routeList) Metadata(ctx context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	(&trafficRoute{}).Metadata(ctx, req, resp)
}

// ListResourceConfigSchema describes a list block.
func (l *routeList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = ofEndpoint("Traffic routes, one for each served entity, by endpoint and entity.")
}

// List finds the routes.
func (l *routeList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
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
				if !yield(routeFound(ep, e.Name), nil) {
					return
				}
			}
		}
	})
}

func routeFound(ep api.Endpoint, entity string) found {
	identity := routeIdentity{types.StringValue(ep.Name), types.StringValue(entity)}
	return found{compositeID(ep.Name, entity), identity, func(ctx context.Context, result *list.ListResult) {
		for name, v := range map[string]any{
			"id": compositeID(ep.Name, entity), "endpoint_name": ep.Name, "served_entity_name": entity,
			"traffic_percentage": int64(endpointconfig.Shares(ep.Target())[entity]),
		} {
			result.Diagnostics.Append(result.Resource.SetAttribute(ctx, path.Root(name), v)...)
		}
	}}
}
