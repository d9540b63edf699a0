package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/inference-iac/terraform-provider-inference/resources"
)

var (
	_ provider.Provider                   = &Provider{}
	_ provider.ProviderWithFunctions      = &Provider{}
	_ provider.ProviderWithListResources  = &Provider{}
	_ provider.ProviderWithValidateConfig = &Provider{}
)

// Provider is provider "inference".
type Provider struct {
	version string
	env     func(string) string
}

// New returns the constructor that plugin servers ask for. The version stands in the User-Agent.
func New(version string) func() provider.Provider {
	return NewWithEnvironment(version, lookupEnvironment)
}

// NewWithEnvironment is New with environment variables from env, so that tests need not touch the process's own.
func NewWithEnvironment(version string, env func(string) string) func() provider.Provider {
	return func() provider.Provider { return &Provider{version: version, env: env} }
}

// Metadata names the provider.
func (p *Provider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "inference"
	resp.Version = p.version
}

// Resources lists the managed resources.
func (p *Provider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		resources.NewServingEndpoint,
		resources.NewServedEntity,
		resources.NewTrafficRoute,
	}
}

// DataSources lists the data sources.
func (p *Provider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		resources.NewEndpointDataSource,
		resources.NewEndpointsDataSource,
		resources.NewLogsDataSource,
		resources.NewOptimizationInfoDataSource,
		resources.NewInvocationDataSource,
	}
}

// ListResources lists what "terraform query" can find.
func (p *Provider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{
		resources.NewEndpointList,
		resources.NewEntityList,
		resources.NewRouteList,
	}
}

// Functions lists the functions, all of them pure and offline.
func (p *Provider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{
		resources.NewRoundThroughput,
		resources.NewServedEntityName,
		resources.NewRecommendedWorkloadType,
	}
}
