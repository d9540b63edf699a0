package resources

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

var _ datasource.DataSourceWithConfigure = &optimizationInfo{}

// optimizationInfo is inference_model_optimization_info.
type optimizationInfo struct{ dataBase }

// NewOptimizationInfoDataSource returns the data source inference_model_optimization_info.
func NewOptimizationInfoDataSource() datasource.DataSource { return &optimizationInfo{} }

type optimizationInfoModel struct {
	ModelName           types.String `tfsdk:"model_name"`
	ModelVersion        types.String `tfsdk:"model_version"`
	Optimizable         types.Bool   `tfsdk:"optimizable"`
	ModelType           types.String `tfsdk:"model_type"`
	ThroughputChunkSize types.Int64  `tfsdk:"throughput_chunk_size"`
}

// Metadata names the data source.
func (d *optimizationInfo) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_model_optimization_info"
}

// Schema describes the data source.
func (d *optimizationInfo) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Whether a registered model can be provisioned by tokens per second, and in which steps.",
		Attributes: map[string]schema.Attribute{
			"model_name":            schema.StringAttribute{Required: true, MarkdownDescription: "Full name `catalog.schema.model` of the registered model."},
			"model_version":         schema.StringAttribute{Required: true, MarkdownDescription: "Version of the registered model."},
			"optimizable":           schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the model is eligible for provisioned throughput."},
			"model_type":            schema.StringAttribute{Computed: true, MarkdownDescription: "Architecture, such as `llama`."},
			"throughput_chunk_size": schema.Int64Attribute{Computed: true, MarkdownDescription: "Step of provisioned throughput, in tokens per second; null where the model is not eligible."},
		},
	}
}

// Read asks once per model version and provider configuration.
func (d *optimizationInfo) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m optimizationInfoModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.configured(&resp.Diagnostics) {
		return
	}
	info, err := d.models.get(ctx, m.ModelName.ValueString(), api.Version(m.ModelVersion.ValueString()))
	if err != nil {
		d.fail(ctx, &resp.Diagnostics, "read", "the optimization info of "+m.ModelName.ValueString()+" version "+m.ModelVersion.ValueString(), err)
		return
	}
	m.Optimizable = types.BoolValue(info.Optimizable)
	m.ModelType = orNull(info.ModelType)
	m.ThroughputChunkSize = types.Int64Null()
	if info.ThroughputChunkSize > 0 {
		m.ThroughputChunkSize = types.Int64Value(info.ThroughputChunkSize)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}
