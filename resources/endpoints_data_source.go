package resources

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

var _ datasource.DataSourceWithConfigure = &endpointsData{}

// endpointsData is inference_serving_endpoints.
type endpointsData struct{ dataBase }

// NewEndpointsDataSource returns the data source inference_serving_endpoints.
func NewEndpointsDataSource() datasource.DataSource { return &endpointsData{} }

type endpointsDataModel struct {
	NamePrefix types.String                    `tfsdk:"name_prefix"`
	Names      []string                        `tfsdk:"names"`
	Endpoints  map[string]endpointSummaryModel `tfsdk:"endpoints"`
}

type endpointSummaryModel struct {
	EndpointID     types.String `tfsdk:"endpoint_id"`
	Creator        types.String `tfsdk:"creator"`
	Description    types.String `tfsdk:"description"`
	Task           types.String `tfsdk:"task"`
	Ready          types.String `tfsdk:"ready"`
	ConfigUpdate   types.String `tfsdk:"config_update"`
	Tags           types.Map    `tfsdk:"tags"`
	ServedEntities []string     `tfsdk:"served_entities"`
}

// Metadata names the data source.
func (d *endpointsData) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_serving_endpoints"
}

// Schema describes the data source.
func (d *endpointsData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Serving endpoints of the workspace, as the API summarises them: one request for all.",
		Attributes: map[string]schema.Attribute{
			"name_prefix": schema.StringAttribute{Optional: true, MarkdownDescription: "Beginning of the names to show; left out, all."},
			"names":       schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Names, sorted."},
			"endpoints": schema.MapNestedAttribute{Computed: true, MarkdownDescription: "Endpoints by name.", NestedObject: schema.NestedAttributeObject{
				Attributes: map[string]schema.Attribute{
					"endpoint_id":     computedString("Id that the server gave the endpoint."),
					"creator":         computedString("Who created the endpoint."),
					"description":     computedString("What the endpoint is for."),
					"task":            computedString("Task that the endpoint speaks."),
					"ready":           computedString("`READY` or `NOT_READY`."),
					"config_update":   computedString("`NOT_UPDATING`, `IN_PROGRESS`, `UPDATE_FAILED` or `UPDATE_CANCELED`."),
					"tags":            schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Tags."},
					"served_entities": schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Names of the served entities, sorted."},
				},
			}},
		},
	}
}

// Read lists the endpoints.
func (d *endpointsData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m endpointsDataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.configured(&resp.Diagnostics) {
		return
	}
	endpoints, err := d.client.ListEndpoints(ctx)
	if err != nil {
		d.fail(ctx, &resp.Diagnostics, "list", "serving endpoints", err)
		return
	}
	m.Endpoints = map[string]endpointSummaryModel{}
	for _, ep := range endpoints {
		if strings.HasPrefix(ep.Name, m.NamePrefix.ValueString()) {
			m.Endpoints[ep.Name] = summaryOf(ep)
		}
	}
	m.Names = append([]string{}, slices.Sorted(maps.Keys(m.Endpoints))...)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

func summaryOf(ep api.Endpoint) endpointSummaryModel {
	names := []string{}
	if ep.Config != nil {
		for _, e := range ep.Config.ServedEntities {
			names = append(names, e.Name)
		}
	}
	slices.Sort(names)
	return endpointSummaryModel{
		EndpointID: types.StringValue(ep.ID), Creator: orNull(ep.Creator), Description: orNull(ep.Description), Task: orNull(ep.Task),
		Ready: types.StringValue(string(ep.State.Ready)), ConfigUpdate: types.StringValue(string(ep.State.ConfigUpdate)),
		Tags: mapOf(tagMap(ep.Tags)), ServedEntities: names,
	}
}
