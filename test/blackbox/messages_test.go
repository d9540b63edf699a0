package blackbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// What a plan refuses, it refuses with the place, the reason and the way out.
func TestMessagesOfPlan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		configuration string
		want          []string
	}{
		{
			"throughput between two chunks",
			`resource "inference_served_entity" "e" {
			  endpoint_name              = "chat"
			  entity_name                = "ml.llm-catalog.foundation-model"
			  entity_version             = "3"
			  max_provisioned_throughput = 2500
			}`,
			[]string{"max_provisioned_throughput", "1960", "2940"},
		},
		{
			"an OpenAI key for Anthropic, as the multi-model document has it",
			`resource "inference_served_entity" "e" {
			  endpoint_name  = "mix-chat-endpoint"
			  external_model = {
			    name             = "claude-3-opus-20240229"
			    task             = "llm/v1/chat"
			    anthropic_config = { openai_api_key = "{{secrets/my_anthropic_secret_scope/anthropic_api_key}}" }
			  }
			}`,
			[]string{"anthropic_config needs anthropic_api_key"},
		},
		{
			"more than all traffic",
			`resource "inference_traffic_route" "a" {
			  endpoint_name      = "chat"
			  served_entity_name = "a"
			  traffic_percentage = 70
			}
			resource "inference_traffic_route" "b" {
			  endpoint_name      = "chat"
			  served_entity_name = "b"
			  traffic_percentage = 40
			}`,
			[]string{"110", "a=70", "b=40"},
		},
		{
			"two kinds in one",
			`resource "inference_served_entity" "e" {
			  endpoint_name              = "chat"
			  entity_name                = "ml.llm-catalog.foundation-model"
			  entity_version             = "3"
			  workload_size              = "Small"
			  max_provisioned_throughput = 1960
			}`,
			[]string{"workload_size", "max_provisioned_throughput"},
		},
		{
			"a name with a dot",
			`resource "inference_serving_endpoint" "e" {
			  name = "chat.v1"
			}`,
			[]string{"chat.v1"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "example.tf")
			if err := os.WriteFile(file, []byte(c.configuration), 0o644); err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, mockserver.Options{}, file)
			w.require()
			r := w.run("plan", "-input=false", "-no-color")
			if r.code == 0 {
				t.Fatalf("the plan is accepted: %s", r)
			}
			for _, part := range c.want {
				if !strings.Contains(unwrapped(r.stderr), part) {
					t.Errorf("the message does not say %q:\n%s", part, r.stderr)
				}
			}
		})
	}
}
