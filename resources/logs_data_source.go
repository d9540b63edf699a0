package resources

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = &entityLogs{}

// entityLogs is inference_served_entity_logs.
type entityLogs struct{ dataBase }

// NewLogsDataSource returns the data source inference_served_entity_logs.
func NewLogsDataSource() datasource.DataSource { return &entityLogs{} }

type entityLogsModel struct {
	EndpointName     types.String `tfsdk:"endpoint_name"`
	ServedEntityName types.String `tfsdk:"served_entity_name"`
	BuildLog         types.String `tfsdk:"build_log"`
	ServiceLog       types.String `tfsdk:"service_log"`
}

// Metadata names the data source.
func (d *entityLogs) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_served_entity_logs"
}

// Schema describes the data source.
func (d *entityLogs) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Logs of a served entity: how its image was built, and what it says while it serves. They stand in the state.",
		Attributes: map[string]schema.Attribute{
			"endpoint_name":      schema.StringAttribute{Required: true, MarkdownDescription: "Serving endpoint."},
			"served_entity_name": schema.StringAttribute{Required: true, MarkdownDescription: "Served entity."},
			"build_log":          computedString("Log of the image build."),
			"service_log":        computedString("Log of the running model."),
		},
	}
}

// Read fetches both logs.
func (d *entityLogs) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m entityLogsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.configured(&resp.Diagnostics) {
		return
	}
	endpoint, entity := m.EndpointName.ValueString(), m.ServedEntityName.ValueString()
	build, err := d.client.EntityBuildLogs(ctx, endpoint, entity)
	if err != nil {
		d.fail(ctx, &resp.Diagnostics, "read the build log of", entityObject(endpoint, entity), err)
		return
	}
	service, err := d.client.EntityLogs(ctx, endpoint, entity)
	if err != nil {
		d.fail(ctx, &resp.Diagnostics, "read the service log of", entityObject(endpoint, entity), err)
		return
	}
	m.BuildLog, m.ServiceLog = types.StringValue(build), types.StringValue(service)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}
