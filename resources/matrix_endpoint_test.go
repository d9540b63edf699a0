package resources_test

import (
	"slices"
	"strings"
	"testing"
)

func TestEndpointMatrix(t *testing.T) {
	t.Parallel()
	for _, c := range append(endpointTrials(), inlineTrials()...) {
		t.Run(strings.Join(c.attributes, "+"), func(t *testing.T) { runTrial(t, "inference_serving_endpoint", c, nil) })
	}
}

func endpointTrials() []trial {
	bare := values{"name": "e"}
	trials := []trial{
		{attributes: []string{"name"}, set: bare, change: values{"name": "f"}, replaces: true},
		{attributes: []string{"description"}, set: bare.With(values{"description": "a"}), change: bare.With(values{"description": "b"}), unset: bare, replaces: true},
		{attributes: []string{"tags"}, set: bare.With(values{"tags": values{"a": "1", "b": ""}}), change: bare.With(values{"tags": values{"b": "2", "c": "3"}}), unset: bare},
		{attributes: []string{"route_optimized"}, set: bare.With(values{"route_optimized": true}), change: bare.With(values{"route_optimized": false}), replaces: true},
		{attributes: []string{"budget_policy_id"}, set: bare.With(values{"budget_policy_id": "p1"}), change: bare.With(values{"budget_policy_id": "p2"}), unset: bare, replaces: true},
	}
	trials = append(trials, timeoutTrials(bare)...)
	for _, c := range []struct {
		at        string
		from, to  any
		beside    values // what else the block needs
		mandatory bool
	}{
		{at: "email_notifications.on_update_success", from: []any{"a@x", "b@x"}, to: []any{"b@x"}},
		{at: "email_notifications.on_update_failure", from: []any{"a@x"}, to: []any{"c@x"}},
		{at: "ai_gateway.fallback_config.enabled", from: true, to: false, mandatory: true},
		{at: "ai_gateway.usage_tracking_config.enabled", from: false, to: true, mandatory: true},
		{at: "ai_gateway.guardrails.input.safety", from: true, to: false},
		{at: "ai_gateway.guardrails.input.pii.behavior", from: "BLOCK", to: "MASK", mandatory: true},
		{at: "ai_gateway.guardrails.input.invalid_keywords", from: []any{"a", "b"}, to: []any{"c"}},
		{at: "ai_gateway.guardrails.input.valid_topics", from: []any{"a"}, to: []any{"b"}},
		{at: "ai_gateway.guardrails.output.safety", from: false, to: true},
		{at: "ai_gateway.guardrails.output.pii.behavior", from: "NONE", to: "BLOCK", mandatory: true},
		{at: "ai_gateway.guardrails.output.invalid_keywords", from: []any{"a", "b"}, to: []any{"c"}},
		{at: "ai_gateway.guardrails.output.valid_topics", from: []any{"a"}, to: []any{"b"}},
		{at: "ai_gateway.inference_table_config.enabled", from: true, to: false, beside: values{"catalog_name": "c", "schema_name": "s"}, mandatory: true},
		{at: "ai_gateway.inference_table_config.catalog_name", from: "c", to: "d", beside: values{"enabled": true, "schema_name": "s"}, mandatory: true},
		{at: "ai_gateway.inference_table_config.schema_name", from: "s", to: "t", beside: values{"enabled": true, "catalog_name": "c"}, mandatory: true},
		{at: "ai_gateway.inference_table_config.table_name_prefix", from: "p", to: "q", beside: values{"enabled": true, "catalog_name": "c", "schema_name": "s"}},
	} {
		block, _, _ := cutLast(c.at)
		without := bare
		for k, v := range c.beside {
			without = without.With(values{block + "." + k: v})
		}
		set := without.With(values{c.at: c.from})
		unset := without
		if c.mandatory {
			unset = bare
		}
		trials = append(trials, trial{attributes: []string{c.at}, set: set, change: without.With(values{c.at: c.to}), unset: unset})
	}
	return append(append(trials, limitTrials()...), telemetryTrials()...)
}

func limitTrials() []trial {
	limits := func(limits ...values) values {
		var list []any
		for _, l := range limits {
			list = append(list, l)
		}
		return values{"name": "e", "ai_gateway": values{"rate_limits": list}}
	}
	at := "ai_gateway.rate_limits.*."
	two := limits(values{"calls": 10}, values{"tokens": 100, "key": "user"})
	return []trial{
		{attributes: []string{at + "calls"}, set: limits(values{"calls": 0}), change: limits(values{"calls": 5}), unset: limits(values{"tokens": 5})},
		{attributes: []string{at + "tokens"}, set: limits(values{"tokens": 0}), change: limits(values{"tokens": 5}), unset: limits(values{"calls": 5})},
		{attributes: []string{at + "key"}, set: limits(values{"calls": 1, "key": "user"}), change: two, unset: limits(values{"calls": 1})},
		{attributes: []string{at + "principal"}, set: limits(values{"calls": 1, "key": "user_group", "principal": "a"}), change: limits(values{"calls": 1, "key": "service_principal", "principal": "b"}),
			unset: values{"name": "e"}},
		{attributes: []string{at + "renewal_period"}, set: limits(values{"calls": 1, "renewal_period": "minute"}), change: limits(values{"calls": 2, "renewal_period": "minute"}),
			unset: limits(values{"calls": 3})},
	}
}

// telemetryTrials live on an endpoint with a custom model, as the server demands.
func telemetryTrials() []trial {
	custom := inlineEndpoint()
	at := func(changes values) values { return custom.With(changes) }
	trials := []trial{
		{attributes: []string{"telemetry_config.telemetry_profile_id"}, set: at(values{"telemetry_config.telemetry_profile_id": "p"}), change: at(values{"telemetry_config.telemetry_profile_id": "q"}), unset: custom},
		{attributes: []string{"telemetry_config.table_names.logs_table_name"}, set: at(values{"telemetry_config.table_names.logs_table_name": "a.b.c"}),
			change: at(values{"telemetry_config.table_names.logs_table_name": "a.b.d"}), unset: custom, unimportable: "the server never shows it"},
		{attributes: []string{"telemetry_config.table_names.metrics_table_name"}, set: at(values{"telemetry_config.table_names.metrics_table_name": "a.b.c"}),
			change: at(values{"telemetry_config.table_names.metrics_table_name": "a.b.d"}), unset: custom, unimportable: "the server never shows it"},
		{attributes: []string{"telemetry_config.table_names.traces_table_name"}, set: at(values{"telemetry_config.table_names.traces_table_name": "a.b.c"}),
			change: at(values{"telemetry_config.table_names.traces_table_name": "a.b.d"}), unset: custom, unimportable: "the server never shows it"},
		{attributes: []string{"telemetry_config.inference_table_config.name"}, set: at(values{"telemetry_config.inference_table_config.name": "a.b.c"}),
			change: at(values{"telemetry_config.inference_table_config.name": "a.b.d"}), unset: custom},
		{attributes: []string{"telemetry_config.inference_table_config.sampling_fraction"}, set: at(values{"telemetry_config.inference_table_config.sampling_fraction": 0}),
			change: at(values{"telemetry_config.inference_table_config.sampling_fraction": 0.25}), unset: custom},
		{attributes: []string{"telemetry_config.enabled_telemetry_features"}, set: at(values{"telemetry_config.enabled_telemetry_features": []any{"TELEMETRY_FEATURE_LOGS"}}),
			change: at(values{"telemetry_config.enabled_telemetry_features": []any{"TELEMETRY_FEATURE_LOGS", "TELEMETRY_FEATURE_TRACES"}}), unset: custom},
	}
	for i := range trials {
		trials[i].inline = true
	}
	return trials
}

// inlineEndpoint lists two custom models.
func inlineEndpoint() values {
	return values{"name": "e", "served_entities": values{
		"m": values{"entity_name": "main.models.m", "entity_version": "1", "workload_size": "Small"},
		"n": values{"entity_name": "main.models.n", "entity_version": "1", "workload_size": "Small"},
	}}
}

// inlineTrials are those of served entities once more, in the inline style, and what the style has besides.
func inlineTrials() []trial {
	two := inlineEndpoint()
	capture := func(changes values) values {
		return two.With(values{"auto_capture_config": values{"catalog_name": "c", "schema_name": "s"}}).With(changes)
	}
	trials := []trial{
		{attributes: []string{"served_entities"}, set: two, change: two.With(values{"served_entities.m": nil}), inline: true},
		{attributes: []string{"traffic"}, set: two.With(values{"traffic": values{"m": 90, "n": 10}}), change: two.With(values{"traffic": values{"m": 100, "n": 0}}), unset: two, inline: true, keeps: true},
		{attributes: []string{"auto_capture_config.catalog_name"}, set: capture(nil), change: capture(values{"auto_capture_config.catalog_name": "d"}), unset: two, inline: true, replaces: true},
		{attributes: []string{"auto_capture_config.schema_name"}, set: capture(nil), change: capture(values{"auto_capture_config.schema_name": "d"}), unset: two, inline: true, replaces: true},
		{attributes: []string{"auto_capture_config.table_name_prefix"}, set: capture(values{"auto_capture_config.table_name_prefix": "p"}),
			change: capture(values{"auto_capture_config.table_name_prefix": "q"}), unset: capture(nil), inline: true, replaces: true},
		{attributes: []string{"auto_capture_config.enabled"}, set: capture(values{"auto_capture_config.enabled": true}), change: capture(values{"auto_capture_config.enabled": false}),
			unset: two, inline: true},
	}
	for _, c := range append(entityTrials(), inlineExternalTrials()...) {
		if at := c.attributes[0]; at == "endpoint_name" || at == "name" || strings.HasPrefix(at, "timeouts") {
			continue
		}
		attributes := make([]string, len(c.attributes))
		for i, at := range c.attributes {
			attributes[i] = "served_entities.*." + at
		}
		c.attributes, c.inline = attributes, true
		c.set, c.change, c.unset = inlined(c.set), inlined(c.change), inlined(c.unset)
		trials = append(trials, c)
	}
	return trials
}

// inlined makes the endpoint that lists one entity.
func inlined(entity values) values {
	if entity == nil {
		return nil
	}
	return values{"name": "e", "served_entities": values{"m": entity.With(values{"endpoint_name": nil, "name": nil})}, "traffic": values{"m": 100}}
}

// inlineExternalTrials go through each provider block once: the entity's own trials change each of its
// attributes, and the code is the same.
func inlineExternalTrials() []trial {
	var trials []trial
	byBlock := map[string]int{}
	for _, c := range externalTrials() {
		block := strings.Join(strings.Split(c.attributes[0], ".")[:2], ".")
		i, known := byBlock[block]
		if !known {
			byBlock[block] = len(trials)
			trials = append(trials, c)
			continue
		}
		trials[i].attributes = append(slices.Clone(trials[i].attributes), c.attributes...)
	}
	return trials
}
