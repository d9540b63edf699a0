package resources

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = &endpointData{}

// endpointData is the data source inference_serving_endpoint.
type endpointData struct{ dataBase }

// NewEndpointDataSource returns the data source inference_serving_endpoint.
func NewEndpointDataSource() datasource.DataSource { return &endpointData{} }

// Metadata names the data source.
func (d *endpointData) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_serving_endpoint"
}

// Read shows the endpoint with its state.
func (d *endpointData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var name types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("name"), &name)...)
	if resp.Diagnostics.HasError() || !d.configured(&resp.Diagnostics) {
		return
	}
	ep, err := d.coordinator.Snapshot(ctx, name.ValueString())
	if err != nil {
		d.fail(ctx, &resp.Diagnostics, "read", endpointObject(name.ValueString()), err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, endpointDataOf(ep, d.host))...)
}

// Schema describes the data source.
func (d *endpointData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := endpointDataAttributes()
	attributes["name"] = schema.StringAttribute{Required: true, MarkdownDescription: "Name of the endpoint."}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A serving endpoint with its state, what it serves and what is rolling out. Values of environment variables are left out, because they may be secret.",
		Attributes:          attributes,
	}
}

func endpointDataAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":                     computedString("The name."),
		"name":                   computedString("Name of the endpoint."),
		"endpoint_id":            computedString("Id that the server gave the endpoint."),
		"description":            computedString("What the endpoint is for."),
		"creator":                computedString("Who created the endpoint."),
		"creation_timestamp":     computedInt("When the endpoint was created, in milliseconds since 1970."),
		"last_updated_timestamp": computedInt("When the endpoint was last changed, in milliseconds since 1970."),
		"permission_level":       computedString("What the caller may do: `CAN_MANAGE`, `CAN_QUERY` or `CAN_VIEW`."),
		"task":                   computedString("Task that the endpoint speaks, such as `llm/v1/chat`."),
		"budget_policy_id":       computedString("Budget policy that applies."),
		"endpoint_url":           computedString("URL of a route-optimized endpoint."),
		"invocations_url":        computedString("URL that invokes the endpoint under its traffic split."),
		"openai_base_url":        computedString("Base URL for OpenAI clients."),
		"route_optimized":        schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether requests take the short way to the model."},
		"tags":                   schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Tags."},
		"state": schema.SingleNestedAttribute{Computed: true, MarkdownDescription: "State of the endpoint.", Attributes: map[string]schema.Attribute{
			"ready":         computedString("Whether the active config serves: `READY` or `NOT_READY`."),
			"config_update": computedString("`NOT_UPDATING`, `IN_PROGRESS`, `UPDATE_FAILED` or `UPDATE_CANCELED`."),
			"suspend":       computedString("`NOT_SUSPENDED` or `STOPPED`; null where the server does not say."),
		}},
		"config":         configDataAttribute("Config that serves; null until a first rollout succeeded."),
		"pending_config": configDataAttribute("Config that rolls out, or whose rollout failed; null otherwise."),
	}
}

func configDataAttribute(description string) schema.Attribute {
	return schema.SingleNestedAttribute{Computed: true, MarkdownDescription: description, Attributes: map[string]schema.Attribute{
		"config_version": computedInt("Number of the config, one more for each update that the server took."),
		"traffic":        schema.MapAttribute{Computed: true, ElementType: types.Int64Type, MarkdownDescription: "Percentage of requests by served entity."},
		"served_entities": schema.MapNestedAttribute{Computed: true, MarkdownDescription: "Served entities by name.", NestedObject: schema.NestedAttributeObject{
			Attributes: entityDataAttributes(),
		}},
	}}
}

func entityDataAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"entity_name":                 computedString("Full name of the registered model."),
		"entity_version":              computedString("Version of the registered model."),
		"workload_type":               computedString("Compute."),
		"workload_size":               computedString("Scale-out."),
		"scale_to_zero_enabled":       schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the compute goes away while nobody asks."},
		"min_provisioned_concurrency": computedInt("Least number of concurrent requests."),
		"max_provisioned_concurrency": computedInt("Greatest number of concurrent requests."),
		"min_provisioned_throughput":  computedInt("Tokens per second that are always provisioned."),
		"max_provisioned_throughput":  computedInt("Tokens per second to scale up to."),
		"provisioned_model_units":     computedInt("Provisioned model units."),
		"instance_profile_arn":        computedString("Instance profile."),
		"external_model": schema.SingleNestedAttribute{Computed: true, MarkdownDescription: "Model of another provider.", Attributes: map[string]schema.Attribute{
			"name":     computedString("Name of the model."),
			"provider": computedString("Provider of the model."),
			"task":     computedString("Task of the model."),
		}},
		"creator":                  computedString("Who added the entity."),
		"creation_timestamp":       computedInt("When the entity was added, in milliseconds since 1970."),
		"deployment":               computedString("`DEPLOYMENT_CREATING`, `DEPLOYMENT_READY`, `DEPLOYMENT_RECOVERING`, `DEPLOYMENT_FAILED` or `DEPLOYMENT_ABORTED`."),
		"deployment_state_message": computedString("How far the deployment is, or why it failed."),
	}
}

func computedString(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func computedInt(description string) schema.Int64Attribute {
	return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
}
