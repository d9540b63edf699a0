package resources

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"
)

var _ function.Function = recommendedWorkloadType{}

// recommendedWorkloadType is provider::inference::recommended_workload_type.
type recommendedWorkloadType struct{}

// NewRecommendedWorkloadType returns the function recommended_workload_type.
func NewRecommendedWorkloadType() function.Function { return recommendedWorkloadType{} }

// workloadSteps is the table of the optimized-serving document: the largest model, in parameters, that each
// workload type takes in half precision.
func workloadSteps() []struct {
	parameters   float64
	workloadType string
} {
	return []struct {
		parameters   float64
		workloadType string
	}{{34e9, "GPU_LARGE"}, {70e9, "GPU_LARGE_2"}}
}

// Metadata names the function.
func (recommendedWorkloadType) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "recommended_workload_type"
}

// Definition describes the function.
func (recommendedWorkloadType) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Workload type for an optimized language model of a given size",
		MarkdownDescription: "Returns `GPU_LARGE` (one A100) for up to 34 billion parameters and `GPU_LARGE_2` (two A100) for up to 70 billion. " +
			"Models of 50 billion parameters and more need a quota that the workspace may have to ask for, and larger ones than 70 billion have no recommendation, which is an error.",
		Parameters: []function.Parameter{
			function.Float64Parameter{Name: "parameters", MarkdownDescription: "Number of parameters, such as `13e9`."},
		},
		Return: function.StringReturn{},
	}
}

// Run looks the size up.
func (recommendedWorkloadType) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var parameters float64
	if resp.Error = req.Arguments.Get(ctx, &parameters); resp.Error != nil {
		return
	}
	if parameters <= 0 {
		resp.Error = function.NewArgumentFuncError(0, "parameters must be more than 0, such as 13e9 for a model of 13 billion")
		return
	}
	for _, step := range workloadSteps() {
		if parameters <= step.parameters {
			resp.Error = resp.Result.Set(ctx, step.workloadType)
			return
		}
	}
	resp.Error = function.NewArgumentFuncError(0, "there is no recommendation for more than 70 billion parameters; set workload_type by hand")
}
