package mockserver

import "github.com/inference-iac/terraform-provider-inference/internal/api"

// route is a row of the route table. The recorder prints its name, faults match it.
type route struct {
	name   string
	method string
	path   string
	run    action
	query  []string // parameters that the route knows
	open   bool     // needs no token
	errors errorShape
	admin  bool // only with Options.Admin; not recorded, no faults
}

// routeTable lists everything that the server answers.
func routeTable() []route {
	const (
		endpoints = api.PathEndpoints
		endpoint  = api.PathEndpoints + "/{name}"
		entity    = endpoint + "/served-models/{entity}"
		data      = api.PathData
	)
	return []route{
		{name: "create_endpoint", method: "POST", path: endpoints, run: taking((*Server).createEndpoint)},
		{name: "list_endpoints", method: "GET", path: endpoints, run: asking((*Server).listEndpoints)},
		{name: "get_endpoint", method: "GET", path: endpoint, run: asking((*Server).getEndpoint)},
		{name: "put_config", method: "PUT", path: endpoint + "/config", run: taking((*Server).putConfig)},
		{name: "delete_endpoint", method: "DELETE", path: endpoint, run: asking((*Server).deleteEndpoint)},
		{name: "patch_tags", method: "PATCH", path: endpoint + "/tags", run: taking((*Server).patchTags)},
		{name: "put_rate_limits", method: "PUT", path: endpoint + "/rate-limits", run: taking((*Server).putRateLimits)},
		{name: "put_ai_gateway", method: "PUT", path: endpoint + "/ai-gateway", run: taking((*Server).putAIGateway)},
		{name: "patch_notifications", method: "PATCH", path: endpoint + "/notifications", run: taking((*Server).patchNotifications)},
		{name: "patch_telemetry", method: "PATCH", path: endpoint + "/telemetry-config", run: taking((*Server).patchTelemetry)},
		{name: "get_logs", method: "GET", path: entity + "/logs", run: asking((*Server).logs)},
		{name: "get_build_logs", method: "GET", path: entity + "/build-logs", run: asking((*Server).buildLogs)},
		{name: "get_metrics", method: "GET", path: endpoint + "/metrics", run: asking((*Server).metrics)},
		{name: "get_openapi", method: "GET", path: endpoint + "/openapi", run: asking((*Server).openAPI)},
		{name: "get_optimization_info", method: "GET", path: endpoints + "/get-model-optimization-info/{model}/{version}", run: asking((*Server).optimizationInfo)},

		{name: "invoke_endpoint", method: "POST", path: data + "/{name}/invocations", run: taking((*Server).invokeEndpoint)},
		{name: "invoke_entity", method: "POST", path: data + "/{name}/served-models/{entity}/invocations", run: taking((*Server).invokeEntity)},
		{name: "chat_completions", method: "POST", path: data + "/chat/completions", run: taking((*Server).chatCompletions), errors: shapeOpenAI},
		{name: "completions", method: "POST", path: data + "/completions", run: taking((*Server).completions), errors: shapeOpenAI},
		{name: "embeddings", method: "POST", path: data + "/embeddings", run: taking((*Server).embeddings), errors: shapeOpenAI},

		{name: "databricks_config", method: "GET", path: "/.well-known/databricks-config", run: asking((*Server).databricksConfig), open: true},
		{name: "oidc_discovery", method: "GET", path: "/oidc/.well-known/oauth-authorization-server", run: asking((*Server).oidcDiscovery), open: true},
		{name: "oidc_discovery", method: "GET", path: "/oidc/.well-known/openid-configuration", run: asking((*Server).oidcDiscovery), open: true},
		{name: "oidc_token", method: "POST", path: "/oidc/v1/token", run: asking((*Server).oidcToken), open: true, errors: shapeOAuth},
		{name: "scim_me", method: "GET", path: "/api/2.0/preview/scim/v2/Me", run: asking((*Server).scimMe)},
	}
}
