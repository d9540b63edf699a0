package mockserver

import (
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

func TestDecodeNamesTheField(t *testing.T) {
	for body, want := range map[string]string{
		`{"name":1}`:  "name must be a string, got a JSON number",
		`{"nam":"x"}`: "nam is not a field",
		`{"config":{"served_entities":[{},{"external_model":{"anthropic_config":{"openai_api_key":"x"}}}]}}`: "config.served_entities[1].external_model.anthropic_config.openai_api_key is not a field of the request: anthropic_config expects anthropic_api_key",
		`{"config":{"served_entities":[{"entity_version":{}}]}}`:                                             "config.served_entities[0].entity_version is wrong",
		`{"config":{"served_entities":{}}}`:                                                                  "config.served_entities must be a list",
		`{"config":{"traffic_config":{"routes":[{"traffic_percentage":1},{"traffic_percentage":"a"}]}}}`:     "config.traffic_config.routes[1].traffic_percentage is wrong",
		`{"config":{"served_entities":[{"unknown":{"deep":{"name":1}}}]}}`:                                   "config.served_entities[0].unknown is not a field",
		`{"config":{"served_entities":[{"min_provisioned_throughput":1.5}]}}`:                                "config.served_entities[0].min_provisioned_throughput must be a whole number",
		`{"name":"x"`:   "Could not parse",
		`{"name":"x"}}`: "Could not parse",
		`null x`:        "Could not parse",
	} {
		_, err := decode[api.CreateEndpoint]([]byte(body))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n got %v\nwant ...%s...", body, err, want)
		}
	}
	for _, body := range []string{``, ` `, `{}`, `null`, `{"config":{"served_entities":[{"entity_version":null,"scale_to_zero_enabled":null}]}}`} {
		if _, err := decode[api.CreateEndpoint]([]byte(body)); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{{"", "", true}, {"*", "", true}, {"*", "a/b", true}, {"a*c", "abc", true}, {"a*c", "abd", false}, {"?", "a", true}, {"?", "", false}, {"a", "ab", false}, {"*/config", "/x/config", true}} {
		if got := glob(c.pattern, c.text); got != c.want {
			t.Errorf("glob(%q, %q) = %v", c.pattern, c.text, got)
		}
	}
}
