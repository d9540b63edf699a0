package resources

import (
	"context"
	"math"

	"github.com/hashicorp/terraform-plugin-framework/function"
)

var _ function.Function = roundThroughput{}

// roundThroughput is provider::inference::round_throughput.
type roundThroughput struct{}

// NewRoundThroughput returns the function round_throughput.
func NewRoundThroughput() function.Function { return roundThroughput{} }

// Metadata names the function.
func (roundThroughput) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "round_throughput"
}

// Definition describes the function.
func (roundThroughput) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary:             "Rounds tokens per second up to what can be provisioned",
		MarkdownDescription: "Returns the least multiple of `chunk_size` that is at least `tokens_per_second`. The chunk size comes from `inference_model_optimization_info`.",
		Parameters: []function.Parameter{
			function.Int64Parameter{Name: "tokens_per_second", MarkdownDescription: "Wanted tokens per second, 0 or more."},
			function.Int64Parameter{Name: "chunk_size", MarkdownDescription: "The model's `throughput_chunk_size`, 1 or more."},
		},
		Return: function.Int64Return{},
	}
}

// Run rounds.
func (roundThroughput) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var tokens, chunk int64
	resp.Error = req.Arguments.Get(ctx, &tokens, &chunk)
	if resp.Error != nil {
		return
	}
	switch {
	case tokens < 0:
		resp.Error = function.NewArgumentFuncError(0, "tokens_per_second must be 0 or more")
	case chunk < 1:
		resp.Error = function.NewArgumentFuncError(1, "chunk_size must be 1 or more; it is null for a model that is not eligible for provisioned throughput")
	case tokens > math.MaxInt64-chunk:
		resp.Error = function.NewArgumentFuncError(0, "tokens_per_second is too large")
	default:
		resp.Error = resp.Result.Set(ctx, (tokens+chunk-1)/chunk*chunk)
	}
}
