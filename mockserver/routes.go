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
	needs  level // on the endpoint that the path names; routes that find it otherwise check themselves
	admin  bool  // only with Options.Admin; not recorded, no faults
	cached bool  // answered from what a shared store told last, without asking it
}

// routeTable lists everything that the server answers.
func routeTable() []route {
	const (
		endpoints = api.PathEndpoints
		endpoint  = api.PathEndpoints + "/{name}"
		entity    = endpoint + "/served-models/{entity}"
		data      = api.PathData

		permissions = api.PathPermissions + "/{id}"
	)
	return []route{
		{name: "create_endpoint", method: "POST", path: endpoints, run: taking((*Server).createEndpoint)},
		{name: "list_endpoints", method: "GET", path: endpoints, run: asking((*Server).listEndpoints)},
		{name: "get_endpoint", method: "GET", path: endpoint, run: asking((*Server).getEndpoint), needs: mayView},
		{name: "put_config", method: "PUT", path: endpoint + "/config", run: taking((*Server).putConfig), needs: mayManage},
		{name: "delete_endpoint", method: "DELETE", path: endpoint, run: asking((*Server).deleteEndpoint), needs: mayManage},
		{name: "patch_tags", method: "PATCH", path: endpoint + "/tags", run: taking((*Server).patchTags), needs: mayManage},
		{name: "put_rate_limits", method: "PUT", path: endpoint + "/rate-limits", run: taking((*Server).putRateLimits), needs: mayManage},
		{name: "put_ai_gateway", method: "PUT", path: endpoint + "/ai-gateway", run: taking((*Server).putAIGateway), needs: mayManage},
		{name: "patch_notifications", method: "PATCH", path: endpoint + "/notifications", run: taking((*Server).patchNotifications), needs: mayManage},
		{name: "patch_telemetry", method: "PATCH", path: endpoint + "/telemetry-config", run: taking((*Server).patchTelemetry), needs: mayManage},
		{name: "get_logs", method: "GET", path: entity + "/logs", run: asking((*Server).logs), needs: mayView},
		{name: "get_build_logs", method: "GET", path: entity + "/build-logs", run: asking((*Server).buildLogs), needs: mayView},
		{name: "get_metrics", method: "GET", path: endpoint + "/metrics", run: asking((*Server).metrics), needs: mayView, cached: true},
		{name: "get_openapi", method: "GET", path: endpoint + "/openapi", run: asking((*Server).openAPI), needs: mayView},
		{name: "get_optimization_info", method: "GET", path: endpoints + "/get-model-optimization-info/{model}/{version}", run: asking((*Server).optimizationInfo)},

		{name: "create_pt_endpoint", method: "POST", path: api.PathEndpointsPT, run: taking((*Server).createPT)},
		{name: "put_pt_config", method: "PUT", path: api.PathEndpointsPT + "/{name}/config", run: taking((*Server).putPTConfig), needs: mayManage},
		{name: "stop_endpoint", method: "POST", path: endpoint + "/config:stop", run: asking((*Server).stopEndpoint), needs: mayManage},
		{name: "start_endpoint", method: "POST", path: endpoint + "/config:start", run: asking((*Server).startEndpoint), needs: mayManage},
		{name: "get_permissions", method: "GET", path: permissions, run: asking((*Server).getPermissions)},
		{name: "put_permissions", method: "PUT", path: permissions, run: taking((*Server).putPermissions)},
		{name: "patch_permissions", method: "PATCH", path: permissions, run: taking((*Server).patchPermissions)},
		{name: "get_permission_levels", method: "GET", path: permissions + "/permissionLevels", run: asking((*Server).permissionLevels)},

		{name: "invoke_endpoint", method: "POST", path: data + "/{name}/invocations", run: invoking((*Server).invokeEndpoint), cached: true},
		{name: "invoke_entity", method: "POST", path: data + "/{name}/served-models/{entity}/invocations", run: invoking((*Server).invokeEntity), cached: true},
		{name: "chat_completions", method: "POST", path: data + "/chat/completions", run: invoking((*Server).chatCompletions), errors: shapeOpenAI, cached: true},
		{name: "completions", method: "POST", path: data + "/completions", run: invoking((*Server).completions), errors: shapeOpenAI, cached: true},
		{name: "embeddings", method: "POST", path: data + "/embeddings", run: invoking((*Server).embeddings), errors: shapeOpenAI, cached: true},

		{name: "external_function", method: "POST", path: api.PathExternalFunction, run: taking((*Server).externalFunction), cached: true},

		{name: "health", method: "GET", path: "/health", run: asking((*Server).health), open: true, admin: true},
		{name: "ready", method: "GET", path: "/ready", run: asking((*Server).ready), open: true, admin: true},
		{name: "databricks_config", method: "GET", path: "/.well-known/databricks-config", run: asking((*Server).databricksConfig), open: true},
		{name: "oidc_discovery", method: "GET", path: "/oidc/.well-known/oauth-authorization-server", run: asking((*Server).oidcDiscovery), open: true},
		{name: "oidc_discovery", method: "GET", path: "/oidc/.well-known/openid-configuration", run: asking((*Server).oidcDiscovery), open: true},
		{name: "oidc_token", method: "POST", path: "/oidc/v1/token", run: asking((*Server).oidcToken), open: true, errors: shapeOAuth},
		{name: "scim_me", method: "GET", path: "/api/2.0/preview/scim/v2/Me", run: asking((*Server).scimMe), query: []string{"attributes", "excludedAttributes"}, cached: true},
	}
}
