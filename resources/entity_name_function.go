package resources

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

var _ function.Function = servedEntityName{}

// servedEntityName is provider::inference::served_entity_name.
type servedEntityName struct{}

// NewServedEntityName returns the function served_entity_name.
func NewServedEntityName() function.Function { return servedEntityName{} }

// Metadata names the function.
func (servedEntityName) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "served_entity_name"
}

// Definition describes the function.
func (servedEntityName) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary:             "Name that the server gives a served entity that comes without one",
		MarkdownDescription: "Returns the last segment of `entity_name`, a dash and the version: `served_entity_name(\"system.ai.llama\", \"3\")` is `llama-3`.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "entity_name", MarkdownDescription: "Full name `catalog.schema.model` of the registered model."},
			function.StringParameter{Name: "version", MarkdownDescription: "Version of the registered model."},
		},
		Return: function.StringReturn{},
	}
}

// Run applies the server's rule.
func (servedEntityName) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var name, version string
	resp.Error = req.Arguments.Get(ctx, &name, &version)
	switch {
	case resp.Error != nil:
	case name == "":
		resp.Error = function.NewArgumentFuncError(0, "entity_name must not be empty")
	default:
		resp.Error = resp.Result.Set(ctx, api.DefaultEntityName(name, api.Version(version)))
	}
}
