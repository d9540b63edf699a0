package resources

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// blockRule is what a provider asks of its block beyond required attributes.
type blockRule struct {
	block string
	check func(block types.Object, at path.Path, resp *diag.Diagnostics)
}

func blockRules() []blockRule {
	return []blockRule{
		{"ai21labs_config", wantSecrets("ai21labs_api_key")},
		{"amazon_bedrock_config", checkBedrock},
		{"anthropic_config", wantSecrets("anthropic_api_key")},
		{"cohere_config", wantSecrets("cohere_api_key")},
		{"custom_provider_config", checkCustomProvider},
		{"databricks_model_serving_config", wantSecrets("databricks_api_token")},
		{"google_cloud_vertex_ai_config", wantSecrets("private_key")},
		{"openai_config", checkOpenAI},
		{"palm_config", wantSecrets("palm_api_key")},
	}
}

func wantSecrets(names ...string) func(types.Object, path.Path, *diag.Diagnostics) {
	return func(block types.Object, at path.Path, resp *diag.Diagnostics) {
		for _, name := range names {
			if !given(block, name) {
				missingSecret(name, at, resp)
			}
		}
	}
}

func checkBedrock(block types.Object, at path.Path, resp *diag.Diagnostics) {
	keys := []string{"aws_access_key_id", "aws_secret_access_key"}
	profile := stringAt(block, "instance_profile_arn")
	if profile.IsNull() {
		wantSecrets(keys...)(block, at, resp)
	}
	for _, name := range keys {
		if known(profile) && present(block, name) {
			resp.AddAttributeError(at.AtName(name), "Two ways to authenticate",
				"amazon_bedrock_config takes either instance_profile_arn or the pair of keys.")
		}
	}
}

func checkCustomProvider(block types.Object, at path.Path, resp *diag.Diagnostics) {
	header, bearer := objectAt(block, "api_key_auth"), objectAt(block, "bearer_token_auth")
	switch {
	case known(header) && known(bearer):
		resp.AddAttributeError(at.AtName("bearer_token_auth"), "Two ways to authenticate",
			"custom_provider_config takes either api_key_auth or bearer_token_auth.")
	case header.IsNull() && bearer.IsNull():
		resp.AddAttributeError(at, "Missing secret", "custom_provider_config needs api_key_auth or bearer_token_auth.")
	}
}

// openAINeeds lists what each openai_api_type asks for and what it has no use for.
func openAINeeds() map[string]struct{ wants, refuses []string } {
	azure := []string{"openai_api_base", "openai_api_version", "openai_deployment_name"}
	entra := []string{"microsoft_entra_client_id", "microsoft_entra_tenant_id", "microsoft_entra_client_secret"}
	return map[string]struct{ wants, refuses []string }{
		"openai":  {wants: []string{"openai_api_key"}, refuses: entra},
		"azure":   {wants: append([]string{"openai_api_key"}, azure...), refuses: append([]string{"openai_organization"}, entra...)},
		"azuread": {wants: append(azure, entra...), refuses: []string{"openai_api_key", "openai_organization"}},
	}
}

func checkOpenAI(block types.Object, at path.Path, resp *diag.Diagnostics) {
	kind := stringAt(block, "openai_api_type")
	if kind.IsUnknown() {
		return
	}
	name := kind.ValueString()
	if kind.IsNull() {
		name = "openai"
	}
	needs, ok := openAINeeds()[name]
	if !ok {
		resp.AddAttributeError(at.AtName("openai_api_type"), "Unknown OpenAI API type",
			fmt.Sprintf("openai_api_type is openai, azure or azuread, got %q.", name))
		return
	}
	for _, field := range needs.wants {
		if !given(block, field) {
			resp.AddAttributeError(at.AtName(field), "Missing attribute",
				fmt.Sprintf("openai_config needs %s where openai_api_type is %q. Attributes that the block does not have are dropped by Terraform.", field, name))
		}
	}
	for _, field := range needs.refuses {
		if present(block, field) {
			resp.AddAttributeError(at.AtName(field), "Attribute of another API type",
				fmt.Sprintf("openai_config has no use for %s where openai_api_type is %q.", field, name))
		}
	}
}
