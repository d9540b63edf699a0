package client

import (
	"context"
	"net/http"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// CreateEndpoint creates an endpoint. A repetition after a lost answer may find its own work: ErrAlreadyExists.
// Endpoints that begin with model units have a route of their own.
func (c *Client) CreateEndpoint(ctx context.Context, in api.CreateEndpoint) (e api.Endpoint, err error) {
	path := api.PathEndpoints
	if in.Config != nil && in.Config.ModelUnits() {
		path = api.PathEndpointsPT
	}
	err = c.call(ctx, repeatable, http.MethodPost, path, in, &e)
	return e, err
}

// GetEndpoint reads one endpoint by name.
func (c *Client) GetEndpoint(ctx context.Context, name string) (e api.Endpoint, err error) {
	err = c.call(ctx, repeatable, http.MethodGet, api.EndpointPath(name), nil, &e)
	return e, err
}

// ListEndpoints reads all endpoints of the workspace, in summary form.
func (c *Client) ListEndpoints(ctx context.Context) ([]api.Endpoint, error) {
	var l api.EndpointList
	err := c.call(ctx, repeatable, http.MethodGet, api.PathEndpoints, nil, &l)
	return l.Endpoints, err
}

// PutConfig replaces an endpoint's config. It is not repeated when its answer is lost, because a second
// execution would be a second rollout: the caller looks first. Model units have a route of their own, which
// takes effect at once.
func (c *Client) PutConfig(ctx context.Context, name string, in api.ConfigInput) (e api.Endpoint, err error) {
	if in.ModelUnits() {
		err = c.call(ctx, onceOnly, http.MethodPut, api.ConfigPTPath(name), api.UpdatePT{Config: &in}, &e)
		return e, err
	}
	err = c.call(ctx, onceOnly, http.MethodPut, api.ConfigPath(name), in, &e)
	return e, err
}

// DeleteEndpoint deletes an endpoint. One that is not there is ErrNotFound.
func (c *Client) DeleteEndpoint(ctx context.Context, name string) error {
	return c.call(ctx, repeatable, http.MethodDelete, api.EndpointPath(name), nil, nil)
}

// PatchTags adds, replaces and removes tags, and returns all of them in no particular order.
func (c *Client) PatchTags(ctx context.Context, name string, in api.PatchTags) ([]api.Tag, error) {
	var l api.TagList
	err := c.call(ctx, repeatable, http.MethodPatch, api.TagsPath(name), in, &l)
	return l.Tags, err
}

// PutAIGateway replaces an endpoint's gateway settings; the zero value clears them.
func (c *Client) PutAIGateway(ctx context.Context, name string, in api.AIGateway) error {
	return c.call(ctx, repeatable, http.MethodPut, api.AIGatewayPath(name), in, nil)
}

// PatchNotifications replaces an endpoint's e-mail notifications; nil clears them.
func (c *Client) PatchNotifications(ctx context.Context, name string, in *api.EmailNotifications) error {
	if in == nil {
		in = &api.EmailNotifications{}
	}
	return c.call(ctx, repeatable, http.MethodPatch, api.NotificationsPath(name), api.Notifications{EmailNotifications: in}, nil)
}

// PatchTelemetry replaces an endpoint's telemetry settings; nil removes them.
func (c *Client) PatchTelemetry(ctx context.Context, name string, in *api.TelemetryConfig) error {
	return c.call(ctx, repeatable, http.MethodPatch, api.TelemetryPath(name), api.PatchTelemetry{TelemetryConfig: in}, nil)
}

// OptimizationInfo tells whether a registered model version can be served with provisioned throughput, and in
// which steps.
func (c *Client) OptimizationInfo(ctx context.Context, model string, version api.Version) (i api.OptimizationInfo, err error) {
	err = c.call(ctx, repeatable, http.MethodGet, api.OptimizationInfoPath(model, version), nil, &i)
	return i, err
}

// EntityLogs reads the service log of a served entity.
func (c *Client) EntityLogs(ctx context.Context, endpoint, entity string) (string, error) {
	var l api.Logs
	err := c.call(ctx, repeatable, http.MethodGet, api.EntityLogsPath(endpoint, entity), nil, &l)
	return l.Logs, err
}

// EntityBuildLogs reads the image build log of a served entity.
func (c *Client) EntityBuildLogs(ctx context.Context, endpoint, entity string) (string, error) {
	var l api.Logs
	err := c.call(ctx, repeatable, http.MethodGet, api.EntityBuildLogsPath(endpoint, entity), nil, &l)
	return l.Logs, err
}
