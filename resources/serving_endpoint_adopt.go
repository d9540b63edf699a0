package resources

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/client"
	"github.com/inference-iac/terraform-provider-inference/internal/endpointconfig"
)

// errTaken is an endpoint of the same name that this configuration did not make.
var errTaken = errors.New("an endpoint of this name exists with other settings")

// createOrAdopt makes the endpoint, or takes over the one that an earlier try left behind whose answer was
// lost. Anything else of that name is somebody's, and an error.
func (r *servingEndpoint) createOrAdopt(ctx context.Context, plan, config endpointModel, diags *diag.Diagnostics) (api.Endpoint, error) {
	first, err := config.firstConfig()
	if err != nil {
		return api.Endpoint{}, err
	}
	var document *api.ConfigInput
	if first != nil {
		document = &first.Config
	}
	in, err := plan.expand(document)
	if err != nil {
		return api.Endpoint{}, err
	}
	ep, err := r.client.CreateEndpoint(ctx, in)
	if !errors.Is(err, client.ErrAlreadyExists) {
		return ep, err
	}
	ep, getErr := r.client.GetEndpoint(ctx, in.Name)
	if getErr != nil {
		return api.Endpoint{}, fmt.Errorf("%w; reading it: %w", err, getErr)
	}
	if !madeBy(in, first, ep) {
		return api.Endpoint{}, fmt.Errorf("%w; to take it over: terraform import <address of this resource> %s", errTaken, in.Name)
	}
	diags.AddWarning(fmt.Sprintf("Adopted %s", endpointObject(in.Name)),
		"The endpoint exists and is exactly what this create would have made, as an interrupted create leaves it behind. It is managed here from now on.")
	return ep, nil
}

// madeBy reports whether ep is what in asks for, untouched since.
func madeBy(in api.CreateEndpoint, first *endpointconfig.Compiled, ep api.Endpoint) bool {
	serves := ep.Config == nil && ep.PendingConfig == nil
	if first != nil {
		target := ep.Target()
		if target == nil {
			target = ep.PendingConfig
		}
		serves = endpointconfig.Holds(target, *first)
	}
	return serves && ep.Description == value(in.Description) &&
		ep.RouteOptimized == value(in.RouteOptimized) &&
		maps.Equal(tagMap(ep.Tags), tagMap(in.Tags))
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
