package resources_test

import (
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/acctest"
)

func TestEntityMatrix(t *testing.T) {
	t.Parallel()
	for _, c := range append(entityTrials(), externalTrials()...) {
		t.Run(strings.Join(c.attributes, "+"), func(t *testing.T) {
			runTrial(t, "inference_served_entity", c, func(env *acctest.Environment) {
				for _, name := range []string{"e", "f"} {
					env.Object(t, "inference_serving_endpoint").Apply(values{"name": name})
				}
			})
		})
	}
}

// Configurations to start from, one of each kind.
func customEntity() values {
	return values{"endpoint_name": "e", "name": "m", "entity_name": "main.models.m", "entity_version": "1", "workload_size": "Small"}
}

func throughputEntity() values {
	return values{
		"endpoint_name": "e", "name": "m", "entity_name": "main.models.m", "entity_version": "1",
		"min_provisioned_throughput": 980, "max_provisioned_throughput": 1960,
	}
}

func unitsEntity() values {
	return values{"endpoint_name": "e", "name": "m", "entity_name": "main.models.m", "entity_version": "1", "provisioned_model_units": 50}
}

func entityTrials() []trial {
	custom, throughput, units := customEntity(), throughputEntity(), unitsEntity()
	concurrency := custom.With(values{"workload_size": nil, "min_provisioned_concurrency": 0, "max_provisioned_concurrency": 8})
	wo := custom.With(values{"environment_vars_wo": values{"KEY": "s3cret"}, "environment_vars_wo_version": 1})
	return append(timeoutTrials(custom), []trial{
		{attributes: []string{"endpoint_name"}, set: custom, change: custom.With(values{"endpoint_name": "f"}), replaces: true},
		{attributes: []string{"name"}, set: custom, change: custom.With(values{"name": "n"}), unset: custom.With(values{"name": nil}), replaces: true},
		{attributes: []string{"entity_name"}, set: custom, change: custom.With(values{"entity_name": "main.models.n"})},
		{attributes: []string{"entity_version"}, set: custom, change: custom.With(values{"entity_version": "2"})},
		{attributes: []string{"workload_type"}, set: custom.With(values{"workload_type": "GPU_SMALL"}), change: custom.With(values{"workload_type": "GPU_MEDIUM"}), unset: custom},
		{attributes: []string{"workload_size"}, set: custom, change: custom.With(values{"workload_size": "Large"}), unset: concurrency},
		{attributes: []string{"scale_to_zero_enabled"}, set: custom.With(values{"scale_to_zero_enabled": true}), change: custom.With(values{"scale_to_zero_enabled": false}),
			unset: custom.With(values{"workload_size": "Medium"})},
		{attributes: []string{"min_provisioned_concurrency"}, set: concurrency, change: concurrency.With(values{"min_provisioned_concurrency": 4}), unset: custom},
		{attributes: []string{"max_provisioned_concurrency"}, set: concurrency, change: concurrency.With(values{"max_provisioned_concurrency": 16}), unset: custom},
		{attributes: []string{"min_provisioned_throughput"}, set: throughput, change: throughput.With(values{"min_provisioned_throughput": 0}),
			unset: throughput.With(values{"min_provisioned_throughput": nil})},
		{attributes: []string{"max_provisioned_throughput"}, set: throughput, change: throughput.With(values{"max_provisioned_throughput": 2940}), unset: custom},
		{attributes: []string{"provisioned_model_units"}, set: units, change: units.With(values{"provisioned_model_units": 100}), unset: custom},
		{attributes: []string{"burst_scaling_enabled"}, set: units.With(values{"burst_scaling_enabled": true}), change: units.With(values{"burst_scaling_enabled": false}), unset: units,
			unimportable: "the server never shows it"},
		{attributes: []string{"environment_vars"}, set: custom.With(values{"environment_vars": values{"A": "1"}}),
			change: custom.With(values{"environment_vars": values{"A": "2", "B": "{{secrets/s/k}}"}}), unset: custom},
		{attributes: []string{"environment_vars_wo", "environment_vars_wo_version"}, set: wo, change: wo.With(values{"environment_vars_wo": values{"KEY": "other"}, "environment_vars_wo_version": 2}), unset: custom,
			unimportable: "an import cannot tell which variables are secret"},
		{attributes: []string{"instance_profile_arn"}, set: custom.With(values{"instance_profile_arn": "arn:aws:iam::1:instance-profile/a"}),
			change: custom.With(values{"instance_profile_arn": "arn:aws:iam::1:instance-profile/b"}), unset: custom},
	}...)
}

func TestRouteMatrix(t *testing.T) {
	t.Parallel()
	for _, c := range routeTrials() {
		t.Run(strings.Join(c.attributes, "+"), func(t *testing.T) {
			runTrial(t, "inference_traffic_route", c, func(env *acctest.Environment) {
				for _, name := range []string{"e", "f"} {
					env.Object(t, "inference_serving_endpoint").Apply(values{"name": name})
					for _, entity := range []string{"m", "n"} {
						env.Object(t, "inference_served_entity").Apply(customEntity().With(values{
							"endpoint_name": name, "name": entity, "entity_name": "main.models." + entity}))
					}
				}
			})
		})
	}
}

func routeTrials() []trial {
	route := values{"endpoint_name": "e", "served_entity_name": "m", "traffic_percentage": 0}
	return append(timeoutTrials(route), []trial{
		{attributes: []string{"endpoint_name"}, set: route, change: route.With(values{"endpoint_name": "f"}), replaces: true},
		{attributes: []string{"served_entity_name"}, set: route, change: route.With(values{"served_entity_name": "n"}), replaces: true},
		{attributes: []string{"traffic_percentage"}, set: route, change: route.With(values{"traffic_percentage": 100})},
	}...)
}
