package conformance

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	databricks "github.com/databricks/databricks-sdk-go"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/service/serving"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// workspace is the SDK's client, with a personal access token.
func (w *world) workspace(t *testing.T) *databricks.WorkspaceClient {
	t.Helper()
	return w.configured(t, &databricks.Config{Token: w.token, AuthType: "pat"})
}

// configured completes a config so that nothing comes from the environment or from files.
func (w *world) configured(t *testing.T, c *databricks.Config) *databricks.WorkspaceClient {
	t.Helper()
	c.Host, c.HTTPTransport, c.Loaders = w.url, w.transport, []config.Loader{}
	c.RateLimitPerSecond, c.RetryTimeoutSeconds = 1000, 30
	return must(databricks.NewWorkspaceClient(c))(t)
}

func throughput(name string) serving.ServedEntityInput {
	return serving.ServedEntityInput{
		Name: name, EntityName: llama, EntityVersion: "1",
		MinProvisionedThroughput: 980, MaxProvisionedThroughput: 1960,
	}
}

func custom(name, version string) serving.ServedEntityInput {
	return serving.ServedEntityInput{
		Name: name, EntityName: llama, EntityVersion: version,
		WorkloadSize: "Small", WorkloadType: "GPU_SMALL", ScaleToZeroEnabled: true,
	}
}

func endpoint(name string, entities ...serving.ServedEntityInput) serving.CreateServingEndpoint {
	return serving.CreateServingEndpoint{Name: name, Config: &serving.EndpointCoreConfigInput{ServedEntities: entities}}
}

func TestDatabricksLifecycle(t *testing.T) {
	t.Parallel()
	w := start(t, mockserver.Options{Progression: mockserver.Reads(1)})
	ctx, c := t.Context(), w.workspace(t)

	req := endpoint("e", throughput("champion"))
	req.Description = "a champion"
	req.Tags = []serving.EndpointTag{{Key: "team", Value: "ml"}}
	wait := must(c.ServingEndpoints.Create(ctx, req))(t)
	equal(t, "first answer", wait.Response.State.ConfigUpdate, serving.EndpointStateConfigUpdateInProgress)
	equal(t, "first answer", wait.Response.State.Ready, serving.EndpointStateReadyNotReady)
	if wait.Response.Config != nil || wait.Response.PendingConfig == nil {
		t.Fatalf("a new endpoint has config %v and pending config %v", wait.Response.Config, wait.Response.PendingConfig)
	}
	var seen []serving.EndpointStateConfigUpdate
	e := must(wait.OnProgress(func(d *serving.ServingEndpointDetailed) {
		seen = append(seen, d.State.ConfigUpdate)
	}).GetWithTimeout(time.Minute))(t)
	if want := []serving.EndpointStateConfigUpdate{"IN_PROGRESS", "NOT_UPDATING"}; !slices.Equal(seen, want) {
		t.Errorf("the wait saw %v, want %v", seen, want)
	}
	equal(t, "ready", e.State.Ready, serving.EndpointStateReadyReady)
	equal(t, "version", e.Config.ConfigVersion, int64(1))
	equal(t, "description", e.Description, "a champion")
	equal(t, "permission level", e.PermissionLevel, serving.ServingEndpointDetailedPermissionLevelCanManage)
	equal(t, "creator", e.Creator, e.Config.ServedEntities[0].Creator)
	equal(t, "task", e.Task, "llm/v1/chat")
	if len(e.Id) != 32 || e.CreationTimestamp < 1e12 {
		t.Errorf("id %q and creation timestamp %d are not those of an endpoint", e.Id, e.CreationTimestamp)
	}
	equal(t, "mirrored model", e.Config.ServedModels[0].ModelName, llama)
	route := e.Config.TrafficConfig.Routes[0]
	if route.ServedEntityName != "champion" || route.ServedModelName != "champion" || route.TrafficPercentage != 100 {
		t.Errorf("route: %+v", route)
	}

	e = must(c.ServingEndpoints.UpdateConfigAndWait(ctx, serving.EndpointCoreConfigInput{
		Name: "e", ServedEntities: []serving.ServedEntityInput{throughput("champion"), custom("challenger", "2")},
		TrafficConfig: &serving.TrafficConfig{Routes: []serving.Route{
			{ServedEntityName: "champion", TrafficPercentage: 90}, {ServedModelName: "challenger", TrafficPercentage: 10},
		}},
	}))(t)
	equal(t, "version", e.Config.ConfigVersion, int64(2))
	equal(t, "entities", len(e.Config.ServedEntities), 2)
	equal(t, "workload type", e.Config.ServedEntities[1].WorkloadType, serving.ServingModelWorkloadTypeGpuSmall)
	equal(t, "state", e.Config.ServedEntities[1].State.Deployment, serving.ServedModelStateDeploymentDeploymentReady)

	list := must(c.ServingEndpoints.ListAll(ctx))(t)
	if len(list) != 1 || list[0].Name != "e" || list[0].Id != e.Id || len(list[0].Config.ServedEntities) != 2 {
		t.Errorf("list: %+v", list)
	}
	ok(t, c.ServingEndpoints.DeleteByName(ctx, "e"))
	if list := must(c.ServingEndpoints.ListAll(ctx))(t); len(list) != 0 {
		t.Errorf("list after delete: %+v", list)
	}
	again := must(c.ServingEndpoints.Create(ctx, endpoint("e", throughput("champion"))))(t)
	if again.Response.Id == e.Id {
		t.Error("a new endpoint has the id of the old one")
	}
}

func TestDatabricksServedModels(t *testing.T) {
	t.Parallel()
	c := start(t, mockserver.Options{}).workspace(t)
	e := must(c.ServingEndpoints.CreateAndWait(t.Context(), serving.CreateServingEndpoint{
		Name: "legacy", Config: &serving.EndpointCoreConfigInput{ServedModels: []serving.ServedModelInput{{
			ModelName: llama, ModelVersion: "2", WorkloadSize: "Small", ScaleToZeroEnabled: false,
		}}},
	}))(t)
	equal(t, "name", e.Config.ServedEntities[0].Name, "llama_3_1_8b_instruct-2")
	equal(t, "entity", e.Config.ServedEntities[0].EntityName, llama)
	equal(t, "version", e.Config.ServedModels[0].ModelVersion, "2")
	equal(t, "workload type", e.Config.ServedEntities[0].WorkloadType, serving.ServingModelWorkloadTypeCpu)
}

func TestDatabricksWithoutConfig(t *testing.T) {
	t.Parallel()
	c := start(t, mockserver.Options{}).workspace(t)
	e := must(c.ServingEndpoints.CreateAndWait(t.Context(), serving.CreateServingEndpoint{Name: "empty"}))(t)
	equal(t, "ready", e.State.Ready, serving.EndpointStateReadyNotReady)
	if e.Config != nil || e.PendingConfig != nil {
		t.Errorf("config %v, pending config %v", e.Config, e.PendingConfig)
	}
}

func TestDatabricksProvisionedUnits(t *testing.T) {
	t.Parallel()
	c := start(t, mockserver.Options{}).workspace(t)
	config := serving.PtEndpointCoreConfig{ServedEntities: []serving.PtServedModel{{
		EntityName: llama, EntityVersion: "1", ProvisionedModelUnits: 50,
	}}}
	e := must(c.ServingEndpoints.CreateProvisionedThroughputEndpointAndWait(t.Context(), serving.CreatePtEndpointRequest{
		Name: "pt", Config: config,
	}))(t)
	equal(t, "units", e.Config.ServedEntities[0].ProvisionedModelUnits, int64(50))
	config.ServedEntities[0].ProvisionedModelUnits = 100
	e = must(c.ServingEndpoints.UpdateProvisionedThroughputEndpointConfigAndWait(t.Context(), serving.UpdateProvisionedThroughputEndpointConfigRequest{
		Name: "pt", Config: config,
	}))(t)
	equal(t, "units", e.Config.ServedEntities[0].ProvisionedModelUnits, int64(100))
	equal(t, "version", e.Config.ConfigVersion, int64(2))
}

func TestDatabricksLogsAndMetrics(t *testing.T) {
	t.Parallel()
	w := start(t, mockserver.Options{Simulate: true})
	ctx, c := t.Context(), w.workspace(t)
	must(c.ServingEndpoints.CreateAndWait(ctx, endpoint("e", custom("a", "1"))))(t)
	must(c.ServingEndpoints.Query(ctx, query("e")))(t)

	logs := must(c.ServingEndpoints.LogsByNameAndServedModelName(ctx, "e", "a"))(t)
	build := must(c.ServingEndpoints.BuildLogsByNameAndServedModelName(ctx, "e", "a"))(t)
	if !strings.Contains(logs.Logs, "ready") || build.Logs == "" {
		t.Errorf("logs %q, build logs %q", logs.Logs, build.Logs)
	}
	metrics := text(t, must(c.ServingEndpoints.ExportMetricsByName(ctx, "e"))(t).Contents)
	for _, family := range []string{
		"cpu_usage_percentage", "mem_usage_percentage", "gpu_usage_percentage", "gpu_memory_usage_percentage",
		"provisioned_concurrent_requests_total", "request_count_total", "request_4xx_count_total",
		"request_5xx_count_total", "request_latency_ms_bucket", "model_queue_time_ms_count",
	} {
		if !strings.Contains(metrics, "\n"+family+"{") {
			t.Errorf("metrics lack %s", family)
		}
	}
	openAPI := text(t, must(c.ServingEndpoints.GetOpenApiByName(ctx, "e"))(t).Contents)
	for _, part := range []string{`"openapi"`, w.url + "/serving-endpoints/e", "/served-models/a/invocations"} {
		if !strings.Contains(openAPI, part) {
			t.Errorf("the schema lacks %s: %s", part, openAPI)
		}
	}
}

func text(t *testing.T, r io.ReadCloser) string {
	t.Helper()
	defer func() { _ = r.Close() }()
	return string(must(io.ReadAll(r))(t))
}
