package conformance

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	databricks "github.com/databricks/databricks-sdk-go"
	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/service/iam"
	"github.com/databricks/databricks-sdk-go/service/serving"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

func meRequest() iam.MeRequest { return iam.MeRequest{} }

// deployed is a server with one endpoint e that serves entity a.
func deployed(t *testing.T) (*world, *databricks.WorkspaceClient, *serving.ServingEndpointDetailed) {
	t.Helper()
	w := start(t, mockserver.Options{Simulate: true})
	c := w.workspace(t)
	return w, c, must(c.ServingEndpoints.CreateAndWait(t.Context(), endpoint("e", custom("a", "1"))))(t)
}

func TestDatabricksTags(t *testing.T) {
	t.Parallel()
	_, c, _ := deployed(t)
	ctx := t.Context()
	must(c.ServingEndpoints.Patch(ctx, serving.PatchServingEndpointTags{
		Name: "e", AddTags: []serving.EndpointTag{{Key: "team", Value: "ml"}, {Key: "stage", Value: "dev"}},
	}))(t)
	tags := must(c.ServingEndpoints.Patch(ctx, serving.PatchServingEndpointTags{
		Name: "e", AddTags: []serving.EndpointTag{{Key: "team", Value: "search"}, {Key: "bare"}}, DeleteTags: []string{"stage"},
	}))(t)
	want := map[string]string{"team": "search", "bare": ""}
	if got := tagMap(tags.Tags); !maps.Equal(got, want) {
		t.Errorf("answer: %v, want %v", got, want)
	}
	if got := tagMap(must(c.ServingEndpoints.GetByName(ctx, "e"))(t).Tags); !maps.Equal(got, want) {
		t.Errorf("endpoint: %v, want %v", got, want)
	}
}

func tagMap(tags []serving.EndpointTag) map[string]string {
	m := map[string]string{}
	for _, t := range tags {
		m[t.Key] = t.Value
	}
	return m
}

func TestDatabricksAIGateway(t *testing.T) {
	t.Parallel()
	_, c, _ := deployed(t)
	ctx := t.Context()
	gateway := serving.PutAiGatewayRequest{
		Name:                "e",
		UsageTrackingConfig: &serving.AiGatewayUsageTrackingConfig{Enabled: true},
		FallbackConfig:      &serving.FallbackConfig{Enabled: true},
		RateLimits: []serving.AiGatewayRateLimit{
			{Calls: 100, Key: serving.AiGatewayRateLimitKeyUser, RenewalPeriod: serving.AiGatewayRateLimitRenewalPeriodMinute},
			{Tokens: 9000, Key: serving.AiGatewayRateLimitKeyUserGroup, Principal: "ml", RenewalPeriod: serving.AiGatewayRateLimitRenewalPeriodMinute},
		},
		InferenceTableConfig: &serving.AiGatewayInferenceTableConfig{Enabled: true, CatalogName: "main", SchemaName: "logs"},
		Guardrails: &serving.AiGatewayGuardrails{
			Input:  &serving.AiGatewayGuardrailParameters{Safety: true, InvalidKeywords: []string{"forbidden"}},
			Output: &serving.AiGatewayGuardrailParameters{Pii: &serving.AiGatewayGuardrailPiiBehavior{Behavior: serving.AiGatewayGuardrailPiiBehaviorBehaviorMask}},
		},
	}
	put := must(c.ServingEndpoints.PutAiGateway(ctx, gateway))(t)
	equal(t, "tracking", put.UsageTrackingConfig.Enabled, true)
	e := must(c.ServingEndpoints.GetByName(ctx, "e"))(t)
	g := e.AiGateway
	equal(t, "limits", len(g.RateLimits), 2)
	equal(t, "calls", g.RateLimits[0].Calls, int64(100))
	equal(t, "principal", g.RateLimits[1].Principal, "ml")
	equal(t, "prefix", g.InferenceTableConfig.TableNamePrefix, "e")
	equal(t, "behavior", g.Guardrails.Output.Pii.Behavior, serving.AiGatewayGuardrailPiiBehaviorBehaviorMask)
	equal(t, "version", e.Config.ConfigVersion, int64(1))
	must(c.ServingEndpoints.PutAiGateway(ctx, serving.PutAiGatewayRequest{Name: "e"}))(t)
	if g := must(c.ServingEndpoints.GetByName(ctx, "e"))(t).AiGateway; g != nil {
		t.Errorf("an empty body leaves %+v", g)
	}
}

// TestDatabricksGatewayEnforced: what the gateway is told, it does.
func TestDatabricksGatewayEnforced(t *testing.T) {
	t.Parallel()
	w, c, _ := deployed(t)
	ctx := t.Context()
	limit := serving.AiGatewayRateLimit{Calls: 1, RenewalPeriod: serving.AiGatewayRateLimitRenewalPeriodMinute}
	must(c.ServingEndpoints.PutAiGateway(ctx, serving.PutAiGatewayRequest{Name: "e", RateLimits: []serving.AiGatewayRateLimit{limit}}))(t)
	must(c.ServingEndpoints.Query(ctx, query("e")))(t)
	body := dict{"messages": []any{dict{"role": "user", "content": "Hello"}}}
	resp := must(mlflow{t, w}.request("POST", "/serving-endpoints/e/invocations", body))(t)
	ok(t, resp.Body.Close())
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
		t.Errorf("beyond the limit: %s, Retry-After %q", resp.Status, resp.Header.Get("Retry-After"))
	}

	limit.Calls, limit.ForceSendFields = 0, []string{"Calls"}
	must(c.ServingEndpoints.PutAiGateway(ctx, serving.PutAiGatewayRequest{Name: "e", RateLimits: []serving.AiGatewayRateLimit{limit}}))(t)
	_, err := c.ServingEndpoints.Query(ctx, query("e"))
	refused(t, "a limit of 0", err, apierr.ErrPermissionDenied, http.StatusForbidden, "")

	must(c.ServingEndpoints.PutAiGateway(ctx, serving.PutAiGatewayRequest{Name: "e", Guardrails: &serving.AiGatewayGuardrails{
		Input: &serving.AiGatewayGuardrailParameters{InvalidKeywords: []string{"Hello"}},
	}}))(t)
	_, err = c.ServingEndpoints.Query(ctx, query("e"))
	refused(t, "a forbidden word", err, apierr.ErrBadRequest, http.StatusBadRequest, "")
}

func TestDatabricksOtherSettings(t *testing.T) {
	t.Parallel()
	_, c, _ := deployed(t)
	ctx := t.Context()
	limits := must(c.ServingEndpoints.Put(ctx, serving.PutRequest{Name: "e", RateLimits: []serving.RateLimit{
		{Calls: 10, Key: serving.RateLimitKeyUser, RenewalPeriod: serving.RateLimitRenewalPeriodMinute},
	}}))(t)
	equal(t, "limits", limits.RateLimits[0].Calls, int64(10))

	mails := &serving.EmailNotifications{OnUpdateFailure: []string{"ann@example.com"}, OnUpdateSuccess: []string{"bob@example.com"}}
	n := must(c.ServingEndpoints.UpdateNotifications(ctx, serving.UpdateInferenceEndpointNotifications{Name: "e", EmailNotifications: mails}))(t)
	equal(t, "name", n.Name, "e")
	got := must(c.ServingEndpoints.GetByName(ctx, "e"))(t).EmailNotifications
	if !slices.Equal(got.OnUpdateFailure, mails.OnUpdateFailure) || !slices.Equal(got.OnUpdateSuccess, mails.OnUpdateSuccess) {
		t.Errorf("notifications: %+v", got)
	}
	e := must(c.ServingEndpoints.PatchTelemetryConfig(ctx, serving.PatchTelemetryConfigRequest{Name: "e", TelemetryConfig: &serving.TelemetryConfig{
		TelemetryProfileId: "p-1", EnabledTelemetryFeatures: []serving.TelemetryFeature{"TELEMETRY_FEATURE_METRICS"},
	}}))(t)
	equal(t, "profile", e.TelemetryConfig.TelemetryProfileId, "p-1")
	e = must(c.ServingEndpoints.PatchTelemetryConfig(ctx, serving.PatchTelemetryConfigRequest{Name: "e"}))(t)
	if e.TelemetryConfig != nil {
		t.Errorf("an empty body leaves %+v", e.TelemetryConfig)
	}
}

func TestDatabricksPermissions(t *testing.T) {
	t.Parallel()
	_, c, e := deployed(t)
	ctx := t.Context()
	levels := must(c.ServingEndpoints.GetPermissionLevelsByServingEndpointId(ctx, e.Id))(t)
	var names []string
	for _, l := range levels.PermissionLevels {
		names = append(names, string(l.PermissionLevel))
	}
	slices.Sort(names)
	if want := []string{"CAN_MANAGE", "CAN_QUERY", "CAN_VIEW"}; !slices.Equal(names, want) {
		t.Errorf("levels: %v, want %v", names, want)
	}
	me := must(c.CurrentUser.Me(ctx, meRequest()))(t).UserName
	grants := func(level serving.ServingEndpointPermissionLevel) serving.ServingEndpointPermissionsRequest {
		return serving.ServingEndpointPermissionsRequest{ServingEndpointId: e.Id, AccessControlList: []serving.ServingEndpointAccessControlRequest{
			{UserName: "ann@example.com", PermissionLevel: level},
			{GroupName: "ml", PermissionLevel: serving.ServingEndpointPermissionLevelCanView},
		}}
	}
	must(c.ServingEndpoints.SetPermissions(ctx, grants(serving.ServingEndpointPermissionLevelCanQuery)))(t)
	must(c.ServingEndpoints.UpdatePermissions(ctx, grants(serving.ServingEndpointPermissionLevelCanManage)))(t)
	p := must(c.ServingEndpoints.GetPermissionsByServingEndpointId(ctx, e.Id))(t)
	equal(t, "object", p.ObjectId, "/serving-endpoints/"+e.Id)
	equal(t, "type", p.ObjectType, "serving-endpoint")
	got := map[string]serving.ServingEndpointPermissionLevel{}
	for _, a := range p.AccessControlList {
		for _, l := range a.AllPermissions {
			if !l.Inherited {
				got[a.UserName+a.GroupName] = l.PermissionLevel
			}
		}
	}
	equal(t, "ann", got["ann@example.com"], serving.ServingEndpointPermissionLevelCanManage)
	equal(t, "group", got["ml"], serving.ServingEndpointPermissionLevelCanView)
	if me == "" {
		t.Error("the caller has no name")
	}
}
