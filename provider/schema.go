package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/resources"
)

// model is the provider block.
type model struct {
	Host           types.String `tfsdk:"host"`
	Token          types.String `tfsdk:"token"`
	ClientID       types.String `tfsdk:"client_id"`
	ClientSecret   types.String `tfsdk:"client_secret"`
	RetryTimeout   types.String `tfsdk:"retry_timeout"`
	RequestTimeout types.String `tfsdk:"request_timeout"`
	PollInterval   types.String `tfsdk:"poll_interval"`
	BatchWindow    types.String `tfsdk:"batch_window"`
}

// Schema describes the provider block. Everything is optional, because everything has an environment variable
// or a default; what is missing is found when the provider is configured.
func (p *Provider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages model serving endpoints, the entities they serve and the traffic between them, on a " +
			"Databricks workspace or on any server that speaks the same API, such as the bundled mock server.",
		Attributes: map[string]schema.Attribute{
			"host": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "URL of the workspace or server; a bare host name gets `https`. " +
					"Environment: `INFERENCE_HOST`, then `DATABRICKS_HOST`.",
			},
			"token": schema.StringAttribute{
				Optional:  true,
				Sensitive: true,
				MarkdownDescription: "Personal access token or OAuth access token; may come from an ephemeral resource. " +
					"Environment: `INFERENCE_TOKEN`, then `DATABRICKS_TOKEN`.",
			},
			"client_id": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Client id of a service principal, for OAuth machine-to-machine instead of `token`. " +
					"Environment: `INFERENCE_CLIENT_ID`, then `DATABRICKS_CLIENT_ID`.",
			},
			"client_secret": schema.StringAttribute{
				Optional:  true,
				Sensitive: true,
				MarkdownDescription: "Client secret of the service principal; may come from an ephemeral resource. " +
					"Environment: `INFERENCE_CLIENT_SECRET`, then `DATABRICKS_CLIENT_SECRET`.",
			},
			"retry_timeout": duration("How long a request that the server puts off (429, 503) or that never arrived is tried again, " +
				"with growing pauses or those that `Retry-After` asks for. Default `5m`."),
			"request_timeout": duration("How long one HTTP request may take. Default `60s`."),
			"poll_interval":   duration("First pause between two looks at a rollout; pauses grow to ten times of it. Default `1s`."),
			"batch_window": duration("How long the first change to an endpoint waits for others, so that they travel in one config update. " +
				"Default `100ms`."),
		},
	}
}

func duration(description string) schema.Attribute {
	return schema.StringAttribute{
		Optional:            true,
		Validators:          []validator.String{resources.Duration()},
		MarkdownDescription: description + " A duration such as `90s` or `1h30m`.",
	}
}
