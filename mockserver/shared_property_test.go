package mockserver_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
	"github.com/inference-iac/terraform-provider-inference/mockserver/storetest"
)

// request is one that a test draws.
type request struct{ method, path, body string }

// ask sends a request and returns status and body.
func ask(over http.RoundTripper, r request) (string, error) {
	q, err := http.NewRequest(r.method, "http://mock.test"+r.path, strings.NewReader(r.body))
	if err != nil {
		return "", err
	}
	q.Header.Set("Authorization", "Bearer t")
	resp, err := over.RoundTrip(q)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d %s", resp.StatusCode, b), err
}

// requests are what is asked: endpoints on GPUs that are scarce, with all that hangs on them, and what moves the world
// on. E stands for the name of an endpoint.
func requests() []request {
	const (
		endpoints = "/api/2.0/serving-endpoints"
		gpus      = `{"served_entities":[{"name":"x","entity_name":"ml.llm-catalog.foundation-model","entity_version":"3","workload_type":"GPU_LARGE","workload_size":"Small"}]}`
		two       = `{"served_entities":[{"name":"x","entity_name":"ml.llm-catalog.foundation-model","entity_version":"3","workload_type":"GPU_LARGE","workload_size":"Medium"}]}`
		cpu       = `{"served_entities":[{"name":"y","entity_name":"m","entity_version":"1","workload_size":"Small"}]}`
		outside   = `{"served_entities":[{"name":"z","external_model":{"name":"gpt-4","provider":"openai","task":"llm/v1/chat","openai_config":{"openai_api_key_plaintext":"k"}}}]}`
		mlflow    = "/api/2.0/mlflow"
	)
	out := []request{
		{"GET", endpoints, ""}, {"GET", endpoints + "/E", ""}, {"GET", endpoints + "/E", ""}, {"DELETE", endpoints + "/E", ""},
		{"GET", endpoints + "/E/served-models/x/logs", ""}, {"GET", endpoints + "/E/served-models/x/build-logs", ""},
		{"POST", endpoints + "/E/config:stop", ""}, {"POST", endpoints + "/E/config:start", ""},
		{"PATCH", endpoints + "/E/tags", `{"add_tags":[{"key":"k","value":"E"}]}`},
		{"PUT", endpoints + "/E/ai-gateway", `{"rate_limits":[{"calls":1,"renewal_period":"minute"}]}`},
		{"POST", "/__admin/failures", `{"entity":"x","times":1,"message":"bad"}`}, {"DELETE", "/__admin/faults", ""},
		{"POST", "/__admin/crash", `{"endpoint":"E","entity":"x","downtime":"20m"}`},
		{"POST", "/__admin/clock", `{"advance":"9m"}`}, {"POST", "/__admin/clock", `{"advance":"1h"}`},
		{"POST", "/__admin/step", `{"endpoint":"E"}`}, {"POST", "/__admin/step", `{"endpoint":"E"}`}, {"GET", "/__admin/snapshot", ""},
		{"POST", "/api/2.0/secrets/scopes/create", `{"scope":"E"}`}, {"POST", "/api/2.0/secrets/scopes/delete", `{"scope":"E"}`},
		{"POST", "/api/2.0/secrets/put", `{"scope":"E","key":"k","string_value":"v"}`}, {"GET", "/api/2.0/secrets/list?scope=E", ""},
		{"POST", mlflow + "/registered-models/create", `{"name":"m"}`}, {"POST", mlflow + "/registered-models/delete", `{"name":"m"}`},
		{"POST", mlflow + "/model-versions/create", `{"name":"m","source":"s"}`},
		{"DELETE", "/api/2.1/unity-catalog/models/ml.llm-catalog.foundation-model", ""},
		{"GET", mlflow + "/registered-models/search", ""}, {"POST", "/__admin/reset", ""},
	}
	for _, config := range []string{gpus, two, cpu, outside} {
		out = append(out, request{"POST", endpoints, `{"name":"E","config":` + config + `}`}, request{"PUT", endpoints + "/E/config", config})
	}
	return out
}

// TestTogetherAsOne: whatever is asked of servers that share a store, one after the other and each of anybody, they
// answer byte for byte as one server that is asked all of it.
func TestTogetherAsOne(t *testing.T) {
	t.Parallel()
	all := requests()
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		o := mockserver.Options{
			Admin: true, GPUs: map[string]int{"A100": 3}, Clock: func() time.Time { return began },
			Progression: rapid.SampledFrom([]mockserver.Progression{
				mockserver.Immediate(), mockserver.Reads(2), mockserver.Scaled(1), mockserver.Manual(),
			}).Draw(rt, "progression"),
		}
		one := mockserver.New(o)
		defer func() { _ = one.Close() }()
		var servers []*mockserver.Server
		h := &storetest.Hub{}
		for range 3 {
			s, err := mockserver.Share(t.Context(), h.Open(), "key", o)
			if err != nil {
				rt.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			servers = append(servers, s)
		}
		for range rapid.IntRange(1, 60).Draw(rt, "requests") {
			r := rapid.SampledFrom(all).Draw(rt, "request")
			name := rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "name")
			r.path, r.body = strings.ReplaceAll(r.path, "E", name), strings.ReplaceAll(r.body, `"E"`, `"`+name+`"`)
			want, err := ask(one.Transport(), r)
			if err != nil {
				rt.Fatal(err)
			}
			got, err := ask(rapid.SampledFrom(servers).Draw(rt, "server").Transport(), r)
			if err != nil {
				rt.Fatal(err)
			}
			if got != want {
				rt.Fatalf("%s %s %s\n got %s\nwant %s", r.method, r.path, r.body, got, want)
			}
		}
	})
}
