package api

import "net/url"

// The paths of the API. Names are escaped by the functions below.
const (
	PathEndpoints   = "/api/2.0/serving-endpoints"
	PathEndpointsPT = PathEndpoints + "/pt"
	PathData        = "/serving-endpoints"
	PathPermissions = "/api/2.0/permissions/serving-endpoints"
)

// EndpointPath is GET and DELETE of one endpoint.
func EndpointPath(name string) string { return PathEndpoints + "/" + url.PathEscape(name) }

// ConfigPath is PUT of an endpoint's whole config.
func ConfigPath(name string) string { return EndpointPath(name) + "/config" }

// ConfigPTPath is PUT of the config of an endpoint with model units.
func ConfigPTPath(name string) string {
	return PathEndpointsPT + "/" + url.PathEscape(name) + "/config"
}

// TagsPath is PATCH of an endpoint's tags.
func TagsPath(name string) string { return EndpointPath(name) + "/tags" }

// AIGatewayPath is PUT of an endpoint's gateway settings.
func AIGatewayPath(name string) string { return EndpointPath(name) + "/ai-gateway" }

// NotificationsPath is PATCH of an endpoint's e-mail notifications.
func NotificationsPath(name string) string { return EndpointPath(name) + "/notifications" }

// TelemetryPath is PATCH of an endpoint's telemetry settings.
func TelemetryPath(name string) string { return EndpointPath(name) + "/telemetry-config" }

// EntityLogsPath is GET of a served entity's service log.
func EntityLogsPath(endpoint, entity string) string {
	return EndpointPath(endpoint) + "/served-models/" + url.PathEscape(entity) + "/logs"
}

// EntityBuildLogsPath is GET of a served entity's image build log.
func EntityBuildLogsPath(endpoint, entity string) string {
	return EndpointPath(endpoint) + "/served-models/" + url.PathEscape(entity) + "/build-logs"
}

// OptimizationInfoPath is GET of a registered model version's optimization info.
func OptimizationInfoPath(model string, version Version) string {
	return PathEndpoints + "/get-model-optimization-info/" + url.PathEscape(model) + "/" + url.PathEscape(string(version))
}

// InvocationsPath is POST of an invocation under the endpoint's traffic split.
func InvocationsPath(endpoint string) string {
	return PathData + "/" + url.PathEscape(endpoint) + "/invocations"
}

// EntityInvocationsPath is POST of an invocation pinned to one served entity, whatever its share of traffic.
func EntityInvocationsPath(endpoint, entity string) string {
	return PathData + "/" + url.PathEscape(endpoint) + "/served-models/" + url.PathEscape(entity) + "/invocations"
}
