package resources_test

import (
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/acctest"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// serving has an endpoint with two entities.
func serving(t *testing.T) *acctest.Environment {
	t.Helper()
	env := acctest.Start(t)
	env.Object(t, "inference_serving_endpoint").Apply(values{
		"name": "e", "tags": values{"a": "1"}, "traffic": values{"m": 90, "n": 10},
		"served_entities": values{
			"m": values{"entity_name": "main.models.m", "entity_version": "1", "workload_size": "Small", "environment_vars": values{"KEY": "s3cret"}},
			"n": values{"entity_name": "main.models.m", "entity_version": "2", "min_provisioned_throughput": 980, "max_provisioned_throughput": 1960},
		},
	})
	env.Object(t, "inference_serving_endpoint").Apply(values{"name": "empty"})
	return env
}

func TestEndpointData(t *testing.T) {
	t.Parallel()
	env := serving(t)
	d := env.Data(t, "inference_serving_endpoint", values{"name": "e"})
	for at, want := range map[string]string{
		"name": "e", "tags.a": "1", "state.ready": "READY", "state.config_update": "NOT_UPDATING", "config.config_version": "1", "config.traffic.m": "90",
		"config.served_entities.m.workload_type": "CPU", "config.served_entities.m.deployment": "DEPLOYMENT_READY", "config.served_entities.n.max_provisioned_throughput": "1960",
		"pending_config": "null", "invocations_url": env.Host + "/serving-endpoints/e/invocations", "openai_base_url": env.Host + "/serving-endpoints",
	} {
		if got := d.Get(at); got != want {
			t.Errorf("%s is %s, want %s", at, got, want)
		}
	}
	if strings.Contains(d.State.String(), "s3cret") {
		t.Error("the data source shows an environment variable")
	}
	if d := env.Data(t, "inference_serving_endpoint", values{"name": "none"}); !d.Says("ERROR", `serving endpoint "none"`, "RESOURCE_DOES_NOT_EXIST") {
		t.Errorf("got %q", d.Messages)
	}
}

func TestEndpointsData(t *testing.T) {
	t.Parallel()
	env := serving(t)
	env.ResetRequests()
	d := env.Data(t, "inference_serving_endpoints", values{})
	for at, want := range map[string]string{
		"names": "[e empty]", "endpoints.e.ready": "READY", "endpoints.e.served_entities": "[m n]", "endpoints.e.tags.a": "1", "endpoints.empty.ready": "NOT_READY",
	} {
		if got := d.Get(at); got != want {
			t.Errorf("%s is %s, want %s", at, got, want)
		}
	}
	if n := len(env.Requests()); n != 1 {
		t.Errorf("it took %d requests", n)
	}
	if got := env.Data(t, "inference_serving_endpoints", values{"name_prefix": "em"}).Get("names"); got != "[empty]" {
		t.Errorf("names are %s", got)
	}
}

func TestOptimizationInfoData(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	d := env.Data(t, "inference_model_optimization_info", values{"model_name": "main.models.m", "model_version": "1"})
	if d.Get("optimizable") != "true" || d.Get("throughput_chunk_size") != "980" || d.Get("model_type") != "llama" {
		t.Errorf("got %s", d.Get(""))
	}
}

func TestLogsData(t *testing.T) {
	t.Parallel()
	env := serving(t)
	d := env.Data(t, "inference_served_entity_logs", values{"endpoint_name": "e", "served_entity_name": "m"})
	if len(d.Errors) > 0 || d.Get("build_log") == "null" || d.Get("service_log") == "null" {
		t.Errorf("got %q, %s", d.Messages, d.Get(""))
	}
	if d := env.Data(t, "inference_served_entity_logs", values{"endpoint_name": "e", "served_entity_name": "x"}); !d.Says("ERROR", `served entity "x"`) {
		t.Errorf("got %q", d.Messages)
	}
}

func TestInvocationData(t *testing.T) {
	t.Parallel()
	env := serving(t)
	d := env.Data(t, "inference_invocation", values{"endpoint_name": "e", "served_entity_name": "n", "prompt": "hello", "max_tokens": 4, "temperature": 0})
	if len(d.Errors) > 0 || d.Get("answered_by") != "n" || d.Get("text") == "null" || d.Get("completion_tokens") == "null" {
		t.Errorf("got %q, %s", d.Messages, d.Get(""))
	}
	if sent := strings.Join(env.Bodies("invoke_entity"), "\n"); !strings.Contains(sent, `"messages":[{"role":"user","content":"hello"}]`) || !strings.Contains(sent, `"temperature":0`) {
		t.Errorf("sent %s", sent)
	}
	d = env.Data(t, "inference_invocation", values{"endpoint_name": "e", "body": `{"messages":[{"role":"user","content":"x"}],"max_tokens":1}`})
	if len(d.Errors) > 0 || d.Get("response") == "null" {
		t.Errorf("got %q, %s", d.Messages, d.Get(""))
	}
	for name, c := range map[string]struct {
		config values
		says   string
	}{
		"both":      {values{"endpoint_name": "e", "prompt": "x", "body": "{}"}, "prompt"},
		"neither":   {values{"endpoint_name": "e"}, "prompt"},
		"no JSON":   {values{"endpoint_name": "e", "body": "x"}, "jsonencode"},
		"no entity": {values{"endpoint_name": "e", "served_entity_name": "x", "prompt": "x"}, "invoke"},
	} {
		if d := env.Data(t, "inference_invocation", c.config); !d.Says("ERROR", c.says) {
			t.Errorf("%s: got %q", name, d.Messages)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	env := serving(t)
	names := func(found []acctest.Found) string {
		var o []string
		for _, f := range found {
			o = append(o, f.Name)
		}
		return strings.Join(o, " ")
	}
	for _, c := range []struct {
		typeName string
		config   values
		limit    int64
		want     string
	}{
		{"inference_serving_endpoint", values{}, 0, "e empty"},
		{"inference_serving_endpoint", values{}, 1, "e"},
		{"inference_served_entity", values{}, 0, "e/m e/n"},
		{"inference_served_entity", values{"endpoint_name": "empty"}, 0, ""},
		{"inference_served_entity", values{}, 1, "e/m"},
		{"inference_traffic_route", values{"endpoint_name": "e"}, 0, "e/m e/n"},
	} {
		if got := names(env.List(t, c.typeName, c.config, c.limit, false)); got != c.want {
			t.Errorf("%s %v shows %q, want %q", c.typeName, c.config, got, c.want)
		}
	}
	for typeName, want := range map[string]map[string]string{
		"inference_serving_endpoint": {"name": "e", "tags.a": "1", "id": "e"},
		"inference_served_entity":    {"id": "e/m", "workload_size": "Small", "entity_version": "1"},
		"inference_traffic_route":    {"id": "e/m", "traffic_percentage": "90"},
	} {
		found := env.List(t, typeName, values{}, 1, true)
		for at, v := range want {
			if got := acctest.Show(found[0].Resource, at); got != v {
				t.Errorf("%s: %s is %s, want %s", typeName, at, got, v)
			}
		}
	}
	if got := acctest.Show(env.List(t, "inference_traffic_route", values{}, 1, false)[0].Identity, ""); got != "{endpoint_name=e served_entity_name=m}" {
		t.Errorf("the identity is %s", got)
	}
}

func TestMoveFromDatabricks(t *testing.T) {
	t.Parallel()
	env := serving(t)
	env.ResetRequests()
	o := env.Object(t, "inference_serving_endpoint")
	p := o.Move("registry.terraform.io/databricks/databricks", "databricks_model_serving", map[string]any{
		"id": "e", "name": "e", "config": []any{map[string]any{"traffic_config": []any{}}}, "tags": []any{map[string]any{"key": "a", "value": "1"}},
	})
	if len(p.Messages) > 0 {
		t.Fatalf("got %q", p.Messages)
	}
	o.Settled(values{
		"name": "e", "tags": values{"a": "1"}, "traffic": values{"m": 90, "n": 10},
		"served_entities": values{
			"m": values{"entity_name": "main.models.m", "entity_version": "1", "workload_size": "Small", "environment_vars": values{"KEY": "s3cret"}},
			"n": values{"entity_name": "main.models.m", "entity_version": "2", "min_provisioned_throughput": 980, "max_provisioned_throughput": 1960},
		},
	})
	if writes := env.Writes(); len(writes) > 0 {
		t.Errorf("writes were %q", writes)
	}
	for _, foreign := range [][2]string{{"registry.terraform.io/databricks/databricks", "databricks_job"}, {"registry.terraform.io/other/other", "databricks_model_serving"}} {
		if p := env.Object(t, "inference_serving_endpoint").Move(foreign[0], foreign[1], map[string]any{"name": "e"}); len(p.Errors) == 0 {
			t.Errorf("%v was moved", foreign)
		}
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	for _, c := range []struct {
		name          string
		args          []any
		result, fails string
	}{
		{"round_throughput", []any{1500, 980}, "1960", ""},
		{"round_throughput", []any{1960, 980}, "1960", ""},
		{"round_throughput", []any{0, 980}, "0", ""},
		{"round_throughput", []any{-1, 980}, "", "0 or more"},
		{"round_throughput", []any{1, 0}, "", "1 or more"},
		{"served_entity_name", []any{"system.ai.llama", "3"}, "llama-3", ""},
		{"served_entity_name", []any{"", "3"}, "", "not be empty"},
		{"recommended_workload_type", []any{7e9}, "GPU_LARGE", ""},
		{"recommended_workload_type", []any{34e9}, "GPU_LARGE", ""},
		{"recommended_workload_type", []any{70e9}, "GPU_LARGE_2", ""},
		{"recommended_workload_type", []any{71e9}, "", "no recommendation"},
		{"recommended_workload_type", []any{0}, "", "more than 0"},
	} {
		if result, failure := env.Call(t, c.name, c.args...); result != c.result || !strings.Contains(failure, c.fails) || (failure == "") != (c.fails == "") {
			t.Errorf("%s%v is %q, %q", c.name, c.args, result, failure)
		}
	}
	if n := len(env.Requests()); n > 0 {
		t.Errorf("the functions made %d requests", n)
	}
}

func TestInlineIsRefusedAtPlan(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	two := inlineEndpoint()
	for name, c := range map[string]struct {
		config values
		says   []string
	}{
		"less than all traffic":   {two.With(values{"traffic": values{"m": 50, "n": 49}}), []string{`"traffic"`, "sum to 99"}},
		"more than all traffic":   {two.With(values{"traffic": values{"m": 50, "n": 51}}), []string{`"traffic"`, "sum to 101"}},
		"traffic to nobody":       {two.With(values{"traffic": values{"m": 50, "n": 50, "x": 0}}), []string{`"traffic"`, `"x"`, "not among"}},
		"an entity left out":      {two.With(values{"traffic": values{"m": 100}}), []string{`"traffic"`, `leaves out "n"`}},
		"traffic without list":    {values{"name": "e", "traffic": values{"m": 100}}, []string{`"traffic"`, "needs served_entities"}},
		"capture without list":    {values{"name": "e", "auto_capture_config": values{"catalog_name": "c", "schema_name": "s"}}, []string{`"auto_capture_config"`, "needs served_entities"}},
		"an entity of two kinds":  {two.With(values{"served_entities.m.provisioned_model_units": 50}), []string{`ElementKeyString("m")`, "another kind"}},
		"an entity off the chunk": {inlined(throughputEntity().With(values{"max_provisioned_throughput": 1961})), []string{`ElementKeyString("m")`, "1960 and 2940"}},
		"a bad name":              {two.With(values{"served_entities.x y": values{"entity_name": "a", "workload_size": "Small"}}), []string{"served_entities", "letters"}},
		"no entities":             {values{"name": "e", "served_entities": values{}}, []string{"served_entities", "at least 1"}},
		"two telemetry targets": {two.With(values{"telemetry_config": values{"telemetry_profile_id": "p", "table_names": values{"logs_table_name": "t"}}}),
			[]string{"table_names", "telemetry_profile_id"}},
	} {
		if p := env.Object(t, "inference_serving_endpoint").Plan(c.config); len(p.Errors) == 0 || !p.Says(append(c.says, "ERROR")...) {
			t.Errorf("%s: wanted an error that says %q, got %q", name, c.says, p.Messages)
		}
	}
	unknown := two.With(values{"traffic": values{"m": acctest.Unknown{}, "n": 10}})
	if p := env.Object(t, "inference_serving_endpoint").Plan(unknown); len(p.Errors) > 0 {
		t.Errorf("an unknown percentage: %q", p.Errors)
	}
}

func TestInlineRolloutThatFails(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	env.FailDeployment(mockserver.DeploymentFailure{Entity: "n", Message: "no capacity", Times: 1})
	o := env.Object(t, "inference_serving_endpoint")
	if p := o.Try(inlineEndpoint()); !p.Says("ERROR", `served entity "n"`, "no capacity") && !p.Says("ERROR", `Served entity "n"`, "no capacity") {
		t.Errorf("got %q", p.Messages)
	}
	if !o.Tainted() {
		t.Error("the endpoint is not in the state")
	}
	o.Apply(inlineEndpoint())

	env.FailDeployment(mockserver.DeploymentFailure{Entity: "n", Message: "bad image", Times: 1})
	next := inlineEndpoint().With(values{"served_entities.n.entity_version": "2"})
	if p := o.Try(next); !p.Says("ERROR", "bad image") || o.Get("served_entities.n.entity_version") != "1" {
		t.Errorf("got %q, state %s", p.Messages, o.Get("served_entities.n"))
	}
	o.Apply(next)
}

func TestEndpointWritesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	full := inlineEndpoint().With(values{
		"tags": values{"a": "1"}, "traffic": values{"m": 50, "n": 50},
		"ai_gateway":          values{"rate_limits": []any{values{"calls": 0}, values{"tokens": 5, "key": "user"}}, "inference_table_config": values{"enabled": true, "catalog_name": "c", "schema_name": "s"}},
		"email_notifications": values{"on_update_failure": []any{"a@x"}},
		"telemetry_config":    values{"telemetry_profile_id": "p"},
	})
	o := env.Object(t, "inference_serving_endpoint")
	o.Apply(full)
	if writes := env.Writes(); strings.Join(writes, " ") != "create_endpoint" {
		t.Errorf("a create writes %q", writes)
	}
	if sent := env.Bodies("create_endpoint")[0]; !strings.Contains(sent, `"calls":0`) {
		t.Errorf("a limit of zero is not in %s", sent)
	}
	now := full
	for _, c := range []struct {
		change values
		writes string
	}{
		{values{"tags": values{"a": "2"}}, "patch_tags"},
		{values{"ai_gateway.usage_tracking_config": values{"enabled": true}}, "put_ai_gateway"},
		{values{"ai_gateway.inference_table_config.schema_name": "t"}, "put_ai_gateway put_ai_gateway"},
		{values{"email_notifications.on_update_success": []any{"b@x"}}, "patch_notifications"},
		{values{"telemetry_config.telemetry_profile_id": "q"}, "patch_telemetry"},
		{values{"traffic": values{"m": 100, "n": 0}}, "put_config"},
		{values{"timeouts.create": "1h"}, ""},
		{values{"ai_gateway": nil, "email_notifications": nil, "telemetry_config": nil, "tags": nil}, "patch_tags put_ai_gateway patch_notifications patch_telemetry"},
	} {
		now = now.With(c.change)
		env.ResetRequests()
		o.Apply(now)
		if writes := strings.Join(env.Writes(), " "); writes != c.writes {
			t.Errorf("%v writes %q, want %q", c.change, writes, c.writes)
		}
	}
	ep, _ := env.Endpoint("e")
	if ep.AIGateway != nil || ep.EmailNotifications != nil && len(ep.EmailNotifications.OnUpdateFailure) > 0 || ep.TelemetryConfig != nil || len(ep.Tags) > 0 {
		t.Errorf("removed settings are left: %+v", ep)
	}
}
