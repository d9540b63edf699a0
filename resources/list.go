package resources

import (
	"context"
	"iter"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// lister finds objects for "terraform query". Each of its results is made only when Terraform asks for it.
type lister struct{ base }

// found is one object that a list shows.
type found struct {
	name     string
	identity any
	// show sets the whole object, where Terraform wants to see it.
	show func(ctx context.Context, result *list.ListResult)
}

// stream sends what objects yields, up to the limit that Terraform set.
func (l *lister) stream(ctx context.Context, req list.ListRequest, out *list.ListResultsStream, objects iter.Seq2[found, diag.Diagnostics]) {
	out.Results = func(push func(list.ListResult) bool) {
		sent := int64(0)
		for f, diags := range objects {
			if diags.HasError() {
				push(list.ListResult{Diagnostics: diags})
				return
			}
			result := req.NewListResult(ctx)
			result.DisplayName = f.name
			result.Diagnostics.Append(result.Identity.Set(ctx, f.identity)...)
			if req.IncludeResource {
				f.show(ctx, &result)
			}
			if sent++; !push(result) || req.Limit > 0 && sent >= req.Limit {
				return
			}
		}
	}
}

// endpoints yields each endpoint of the workspace, or the one of that name, in full.
func (l *lister) endpoints(ctx context.Context, only string) iter.Seq2[api.Endpoint, diag.Diagnostics] {
	return func(yield func(api.Endpoint, diag.Diagnostics) bool) {
		var diags diag.Diagnostics
		if !l.configured(&diags) {
			yield(api.Endpoint{}, diags)
			return
		}
		names := []string{only}
		if only == "" {
			summaries, err := l.client.ListEndpoints(ctx)
			if err != nil {
				l.fail(ctx, &diags, "list", "serving endpoints", err)
				yield(api.Endpoint{}, diags)
				return
			}
			names = nil
			for _, ep := range summaries {
				names = append(names, ep.Name)
			}
			slices.Sort(names)
		}
		for _, name := range names {
			ep, err := l.coordinator.Snapshot(ctx, name)
			if err != nil {
				l.fail(ctx, &diags, "read", endpointObject(name), err)
			}
			if !yield(ep, diags) || diags.HasError() {
				return
			}
		}
	}
}
