package resources_test

import (
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/acctest"
)

// TestEntityIsRefusedAtPlan holds each rule of served entities against a configuration that breaks it: the
// message names the attribute by its path and says what to do.
func TestEntityIsRefusedAtPlan(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	custom, throughput, units := customEntity(), throughputEntity(), unitsEntity()
	openai := externalEntity("openai_config", externalBlocks()["openai_config"])
	at := func(v values, changes values) values {
		prefixed := values{}
		for k, x := range changes {
			prefixed["external_model."+k] = x
		}
		return v.With(prefixed)
	}
	for name, c := range map[string]struct {
		config values
		says   []string
	}{
		"no kind":                       {custom.With(values{"workload_size": nil}), []string{`"entity_name"`, "exactly one of"}},
		"size and throughput":           {throughput.With(values{"workload_size": "Small"}), []string{`"workload_size"`, "provisioned throughput"}},
		"environment of throughput":     {throughput.With(values{"environment_vars": values{"A": "1"}}), []string{`"environment_vars"`, "another kind"}},
		"workload type of units":        {units.With(values{"workload_type": "CPU"}), []string{`"workload_type"`, "another kind"}},
		"throughput of units":           {units.With(values{"max_provisioned_throughput": 980}), []string{`"max_provisioned_throughput"`, "another kind"}},
		"entity of external":            {openai.With(values{"entity_name": "a.b.c"}), []string{`"entity_name"`, "external model"}},
		"size of external":              {openai.With(values{"workload_size": "Small"}), []string{`"workload_size"`, "external model"}},
		"zero throughput of external":   {openai.With(values{"min_provisioned_throughput": 0}), []string{`"min_provisioned_throughput"`, "external model"}},
		"burst without units":           {units.With(values{"provisioned_model_units": nil, "burst_scaling_enabled": false}), []string{`"burst_scaling_enabled"`, "provisioned_model_units"}},
		"no model":                      {custom.With(values{"entity_name": nil}), []string{`"entity_name"`, "needs entity_name"}},
		"half a concurrency":            {custom.With(values{"workload_size": nil, "min_provisioned_concurrency": 4}), []string{`"max_provisioned_concurrency"`, "needs"}},
		"other half":                    {custom.With(values{"workload_size": nil, "max_provisioned_concurrency": 4}), []string{`"min_provisioned_concurrency"`, "needs"}},
		"odd concurrency":               {custom.With(values{"workload_size": nil, "min_provisioned_concurrency": 4, "max_provisioned_concurrency": 10}), []string{`"max_provisioned_concurrency"`, "8 and 12"}},
		"turned concurrency":            {custom.With(values{"workload_size": nil, "min_provisioned_concurrency": 8, "max_provisioned_concurrency": 4}), []string{`"min_provisioned_concurrency"`, "upper bound 4"}},
		"size and concurrency":          {custom.With(values{"min_provisioned_concurrency": 4, "max_provisioned_concurrency": 8}), []string{`"workload_size"`, "either"}},
		"turned throughput":             {throughput.With(values{"min_provisioned_throughput": 2940}), []string{`"min_provisioned_throughput"`, "upper bound 1960"}},
		"half a throughput":             {throughput.With(values{"max_provisioned_throughput": nil}), []string{`"max_provisioned_throughput"`, "needs"}},
		"throughput off the chunk":      {throughput.With(values{"max_provisioned_throughput": 2000}), []string{`"max_provisioned_throughput"`, "1960 and 2940"}},
		"write-only without version":    {custom.With(values{"environment_vars_wo": values{"A": "1"}}), []string{`"environment_vars_wo_version"`, "Start with 1"}},
		"version without write-only":    {custom.With(values{"environment_vars_wo_version": 1}), []string{`"environment_vars_wo_version"`, "means nothing"}},
		"bad name":                      {custom.With(values{"name": "a.b"}), []string{`"name"`, "letters"}},
		"no provider block":             {at(openai, values{"openai_config": nil}), []string{`"external_model"`, "openai_config"}},
		"two provider blocks":           {at(openai, values{"palm_config": values{"palm_api_key": keyA}}), []string{"palm_config", "one provider"}},
		"wrong provider block":          {at(openai, values{"provider": "anthropic"}), []string{"openai_config", "Expected anthropic_config"}},
		"plaintext for a reference":     {at(openai, values{"openai_config.openai_api_key": "sk-pl41ntext"}), []string{"openai_api_key", "openai_api_key_wo"}},
		"secret twice":                  {at(openai, values{"openai_config.openai_api_key_wo": "x", "openai_config.openai_api_key_wo_version": 1}), []string{"openai_api_key_wo", "either"}},
		"secret without version":        {at(openai, values{"openai_config.openai_api_key": nil, "openai_config.openai_api_key_wo": "x"}), []string{"openai_api_key_wo_version", "Start with 1"}},
		"no key where another's was":    {at(openai, values{"openai_config": nil, "anthropic_config": values{}}), []string{"anthropic_config", "anthropic_api_key", "dropped by Terraform"}},
		"azure without base":            {at(openai, values{"openai_config.openai_api_type": "azure"}), []string{"openai_api_base", `"azure"`}},
		"organization of azure":         {at(openai, values{"openai_config.openai_api_type": "azure", "openai_config.openai_organization": "o"}), []string{"openai_organization", "no use"}},
		"unknown api type":              {at(openai, values{"openai_config.openai_api_type": "aws"}), []string{"openai_api_type", "azuread"}},
		"bedrock with keys and profile": {at(externalEntity("amazon_bedrock_config", externalBlocks()["amazon_bedrock_config"]), values{"amazon_bedrock_config.instance_profile_arn": "arn"}), []string{"aws_access_key_id", "either"}},
		"custom without auth":           {externalEntity("custom_provider_config", values{"custom_provider_url": "u"}), []string{"custom_provider_config", "bearer_token_auth"}},
		"custom with half an auth":      {externalEntity("custom_provider_config", values{"custom_provider_url": "u", "api_key_auth": values{"key": "X"}}), []string{"api_key_auth", "value_wo"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := env.Object(t, "inference_served_entity").Plan(c.config)
			if len(p.Errors) == 0 || !p.Says(append(c.says, "ERROR")...) {
				t.Errorf("wanted an error that says %q, got %q", c.says, p.Messages)
			}
			if strings.Contains(strings.Join(p.Messages, " "), "pl41ntext") {
				t.Errorf("a message repeats the secret: %q", p.Messages)
			}
		})
	}
}

func TestUnlistedWorkloadTypeIsAWarning(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	p := env.Object(t, "inference_served_entity").Plan(customEntity().With(values{"workload_type": "GPU_HUGE"}))
	if len(p.Errors) > 0 || !p.Says("WARNING", "workload_type", "last word") {
		t.Errorf("got %q", p.Messages)
	}
}

func TestModelInfoIsAskedOnceAndOnlyForChanges(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	env.Object(t, "inference_serving_endpoint").Apply(values{"name": "e"})
	o := env.Object(t, "inference_served_entity")
	o.Apply(throughputEntity())
	env.ResetRequests()
	if o.Plan(throughputEntity()); env.Count("get_optimization_info") != 0 {
		t.Error("an unchanged entity asks for its model's info")
	}
	if o.Plan(throughputEntity().With(values{"max_provisioned_throughput": 2940})); env.Count("get_optimization_info") != 1 {
		t.Errorf("a changed entity asks %d times for its model's info", env.Count("get_optimization_info"))
	}
}

func TestRoutesAreRefusedAtPlan(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	for _, percent := range []int{-1, 101} {
		p := env.Object(t, "inference_traffic_route").Plan(values{"endpoint_name": "e", "served_entity_name": "m", "traffic_percentage": percent})
		if !p.Says("ERROR", "traffic_percentage") {
			t.Errorf("%d %%: %q", percent, p.Messages)
		}
	}
}

// TestNothingIsDecidedFromUnknownValues plans with each attribute unknown, alone and inside an unknown block:
// validators and modifiers wait.
func TestNothingIsDecidedFromUnknownValues(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	seen := map[string]bool{}
	for typeName, trials := range map[string][]trial{
		"inference_served_entity":    append(entityTrials(), externalTrials()...),
		"inference_traffic_route":    routeTrials(),
		"inference_serving_endpoint": append(endpointTrials(), inlineTrials()...),
	} {
		for _, c := range trials {
			t.Run(typeName+"."+strings.Join(c.attributes, "+"), func(t *testing.T) {
				for _, at := range c.attributes {
					if strings.HasPrefix(at, "served_entities.*.external_model.") {
						continue // the same schema as that of an entity, which is tried whole
					}
					at = strings.Replace(at, "served_entities.*.", "served_entities.m.", 1)
					for at, _, _ = strings.Cut(at, ".*"); at != "" && !seen[typeName+at]; at, _, _ = cutLast(at) {
						p := env.Object(t, typeName).Plan(c.set.With(values{at: acctest.Unknown{}}))
						for _, m := range p.Errors {
							t.Errorf("with %s unknown: %s", at, m)
						}
						if strings.Count(at, ".") < 2 {
							seen[typeName+at] = true // a whole block is as unknown whatever was in it
						}
					}
				}
			})
		}
	}
}
