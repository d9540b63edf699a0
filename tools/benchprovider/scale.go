package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/inference-iac/terraform-provider-inference/tools/harness"
)

// scale is what many endpoints cost beside the floor.
type scale struct{ planRatio, applyRatio, readsPerEndpoint float64 }

// timing is one apply and one unchanged plan, in seconds.
type timing struct{ apply, plan float64 }

// measureScale measures ours and the floor in turn, so that a machine that drifts drifts for both, and takes
// the medians of the ratios.
func measureScale(ctx context.Context, o options, out io.Writer) (scale, error) {
	work, err := os.MkdirTemp("", "inference-bench-")
	if err != nil {
		return scale{}, err
	}
	defer func() { _ = os.RemoveAll(work) }()
	config, err := harness.LayOut(work, o.provider)
	if err != nil {
		return scale{}, err
	}
	s, err := harness.StartServer(ctx, o.mockserver, "--any-model", "--progression", "immediate")
	if err != nil {
		return scale{}, err
	}
	defer s.Stop()

	var applies, plans []float64
	var reads int
	for round := range o.rounds {
		tenant := *s
		tenant.Token = fmt.Sprintf("round-%d", round) // a workspace of its own
		floor, err := measure(ctx, o, &tenant, filepath.Join(work, fmt.Sprintf("floor-%d", round)), config, floorHCL, nil)
		if err != nil {
			return scale{}, err
		}
		var requests []map[string]int
		ours, err := measure(ctx, o, &tenant, filepath.Join(work, fmt.Sprintf("ours-%d", round)), config, oursHCL, &requests)
		if err != nil {
			return scale{}, err
		}
		reads = requests[1]["get_endpoint"]
		applies, plans = append(applies, ours.apply/floor.apply), append(plans, ours.plan/floor.plan)
		say(out, "round %d       apply %.1f s, floor %.1f s; unchanged plan %.1f s, floor %.1f s\n", round+1, ours.apply, floor.apply, ours.plan, floor.plan)
		say(out, "  requests    apply: %s; plan: %s\n", format(requests[0]), format(requests[1]))
	}
	return scale{median(plans), median(applies), float64(reads) / float64(o.endpoints)}, nil
}

// measure applies a configuration in a directory of its own and plans it once more. Where requests is given, it
// gets what each of the two asked the server.
func measure(ctx context.Context, o options, s *harness.Server, dir, config, hcl string, requests *[]map[string]int) (timing, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return timing{}, err
	}
	hcl = strings.ReplaceAll(hcl, "ENDPOINTS", fmt.Sprint(o.endpoints))
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(hcl), 0o644); err != nil {
		return timing{}, err
	}
	cli := harness.NewCLI(o.tf, dir, config, s)
	if _, err := cli.Run(ctx, "init", "-input=false"); err != nil {
		return timing{}, err
	}
	var seconds []float64
	for _, args := range [][]string{{"apply", "-auto-approve", "-input=false"}, {"plan", "-detailed-exitcode", "-input=false"}} {
		before, err := s.Requests(ctx)
		if err != nil {
			return timing{}, err
		}
		start := time.Now()
		if _, err := cli.Run(ctx, args...); err != nil {
			return timing{}, err
		}
		seconds = append(seconds, time.Since(start).Seconds())
		after, err := s.Requests(ctx)
		if err != nil {
			return timing{}, err
		}
		if requests != nil {
			for route, n := range before {
				after[route] -= n
			}
			*requests = append(*requests, after)
		}
	}
	return timing{seconds[0], seconds[1]}, nil
}

func format(requests map[string]int) string {
	var parts []string
	for _, route := range slices.Sorted(maps.Keys(requests)) {
		if requests[route] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", requests[route], route))
		}
	}
	return strings.Join(parts, ", ")
}

const oursHCL = `
terraform {
  required_providers {
    inference = { source = "inference-iac/inference" }
  }
}

provider "inference" {}

locals {
  endpoints = toset([for i in range(ENDPOINTS) : format("endpoint-%03d", i)])
  shares    = { a = 50, b = 30, c = 20 }
  entities  = { for p in setproduct(local.endpoints, keys(local.shares)) : "${p[0]}-${p[1]}" => { endpoint = p[0], name = p[1] } }
}

resource "inference_serving_endpoint" "this" {
  for_each = local.endpoints
  name     = each.key
}

resource "inference_served_entity" "this" {
  for_each              = local.entities
  endpoint_name         = inference_serving_endpoint.this[each.value.endpoint].name
  name                  = each.value.name
  entity_name           = "main.models.${each.value.name}"
  entity_version        = "1"
  workload_size         = "Small"
  scale_to_zero_enabled = false
}

resource "inference_traffic_route" "this" {
  for_each           = local.entities
  endpoint_name      = each.value.endpoint
  served_entity_name = inference_served_entity.this[each.key].name
  traffic_percentage = local.shares[each.value.name]
}
`

const floorHCL = `
locals {
  endpoints = toset([for i in range(ENDPOINTS) : format("endpoint-%03d", i)])
  entities  = { for p in setproduct(local.endpoints, ["a", "b", "c"]) : "${p[0]}-${p[1]}" => { endpoint = p[0], name = p[1] } }
}

resource "terraform_data" "endpoint" {
  for_each = local.endpoints
  input    = each.key
}

resource "terraform_data" "entity" {
  for_each = local.entities
  input    = { endpoint = terraform_data.endpoint[each.value.endpoint].output, name = each.value.name }
}

resource "terraform_data" "route" {
  for_each = local.entities
  input    = { endpoint = each.value.endpoint, entity = terraform_data.entity[each.key].output.name }
}
`
