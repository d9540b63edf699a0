package mockserver

import (
	"slices"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// checkExternal proves an external model valid; its provider and kept secrets are filled in already.
func checkExternal(e api.ServedEntityInput, at string) error {
	if err := onlyExternal(e, at); err != nil {
		return err
	}
	m, at := e.ExternalModel, at+".external_model"
	tasks := []string{api.TaskChat, api.TaskCompletions, api.TaskEmbeddings}
	switch {
	case m.Name == "":
		return invalid(at+".name", "is required")
	case m.Task == "":
		return invalid(at+".task", "is required")
	case !slices.Contains(tasks, m.Task):
		return invalid(at+".task", "must be one of %s, got '%s'", strings.Join(tasks, ", "), m.Task)
	}
	var set []string
	var block api.ProviderBlock
	var providers []string
	for _, b := range m.Blocks() {
		providers = append(providers, b.Provider)
		if b.Set {
			set = append(set, b.Field)
		}
		if b.Provider == m.Provider {
			block = b
		}
	}
	switch {
	case len(set) > 1:
		return invalid(at, "must have one provider block, got %s", strings.Join(set, " and "))
	case m.Provider == "":
		return invalid(at+".provider", "is required: one of %s, with its block", strings.Join(providers, ", "))
	case block.Provider == "":
		return invalid(at+".provider", "must be one of %s, got '%s'", strings.Join(providers, ", "), m.Provider)
	case !block.Set && len(set) == 1:
		return invalid(at+"."+set[0], "does not belong to provider %s, which reads %s", m.Provider, block.Field)
	case !block.Set:
		return invalid(at+"."+block.Field, "is required for provider %s", m.Provider)
	}
	for _, s := range block.Secrets {
		if err := checkSecret(s, at+"."+block.Field); err != nil {
			return err
		}
	}
	return checkBlock(m, at+"."+block.Field)
}

// onlyExternal refuses what belongs to registered models, explicit zeros included.
func onlyExternal(e api.ServedEntityInput, at string) error {
	for _, f := range []struct {
		field string
		set   bool
	}{
		{"entity_name", e.EntityName != ""},
		{"entity_version", e.EntityVersion != ""},
		{"workload_size", e.WorkloadSize != ""},
		{"workload_type", e.WorkloadType != ""},
		{"min_provisioned_concurrency", e.MinProvisionedConcurrency != nil},
		{"max_provisioned_concurrency", e.MaxProvisionedConcurrency != nil},
		{"min_provisioned_throughput", e.MinProvisionedThroughput != nil},
		{"max_provisioned_throughput", e.MaxProvisionedThroughput != nil},
		{"provisioned_model_units", e.ProvisionedModelUnits != nil},
		{"burst_scaling_enabled", e.BurstScalingEnabled != nil},
		{"instance_profile_arn", e.InstanceProfileARN != ""},
		{"environment_vars", len(e.EnvironmentVars) > 0},
	} {
		if f.set {
			return invalid(at+"."+f.field, "is not allowed together with external_model")
		}
	}
	return nil
}

// checkSecret proves a secret well-formed; it never repeats a value.
func checkSecret(s api.Secret, at string) error {
	if *s.Reference != "" && *s.Plaintext != "" {
		return invalid(at+"."+s.Field, "and %s_plaintext exclude each other", s.Field)
	}
	if _, _, ok := api.SecretReference(*s.Reference); *s.Reference != "" && !ok {
		return invalid(at+"."+s.Field, "must be a reference of the form {{secrets/scope/key}}; a plaintext secret belongs into %s_plaintext", s.Field)
	}
	return nil
}

// checkBlock knows what each provider needs.
func checkBlock(m *api.ExternalModel, at string) error {
	switch m.Provider {
	case "amazon-bedrock":
		return checkBedrock(m.AmazonBedrock, at)
	case "custom":
		c := m.Custom
		switch {
		case c.URL == "":
			return invalid(at+".custom_provider_url", "is required")
		case (c.APIKeyAuth == nil) == (c.BearerTokenAuth == nil):
			return invalid(at, "must have exactly one of api_key_auth and bearer_token_auth")
		case c.APIKeyAuth != nil && c.APIKeyAuth.Key == "":
			return invalid(at+".api_key_auth.key", "is required")
		}
	case "databricks-model-serving":
		if m.DatabricksModelServing.WorkspaceURL == "" {
			return invalid(at+".databricks_workspace_url", "is required")
		}
	case "google-cloud-vertex-ai":
		c := m.GoogleCloudVertexAI
		switch {
		case c.ProjectID == "":
			return invalid(at+".project_id", "is required")
		case c.Region == "":
			return invalid(at+".region", "is required")
		}
	case "openai":
		return checkOpenAI(m.OpenAI, at)
	}
	return requireSecrets(neededSecrets(m), at)
}

func requireSecrets(secrets []api.Secret, at string) error {
	for _, s := range secrets {
		if *s.Reference == "" && *s.Plaintext == "" {
			return invalid(at+"."+s.Field, "or %s_plaintext is required", s.Field)
		}
	}
	return nil
}

// neededSecrets lists the secrets that the model's provider cannot do without.
func neededSecrets(m *api.ExternalModel) []api.Secret {
	for _, b := range m.Blocks() {
		if b.Provider != m.Provider || !b.Set {
			continue
		}
		switch {
		case b.Provider == "amazon-bedrock" && m.AmazonBedrock.InstanceProfileARN != "":
			return nil
		case b.Provider == "openai" && m.OpenAI.APIType == "azuread":
			return b.Secrets[1:]
		case b.Provider == "openai":
			return b.Secrets[:1]
		}
		return b.Secrets
	}
	return nil
}

func checkBedrock(c *api.AmazonBedrockConfig, at string) error {
	families := []string{"anthropic", "cohere", "ai21labs", "amazon"}
	switch {
	case c.Region == "":
		return invalid(at+".aws_region", "is required")
	case !slices.Contains(families, strings.ToLower(c.Provider)):
		return invalid(at+".bedrock_provider", "must be one of %s, got '%s'", strings.Join(families, ", "), c.Provider)
	case c.InstanceProfileARN != "" && (c.AccessKeyID != "" || c.AccessKeyIDPlaintext != "" || c.SecretAccessKey != "" || c.SecretAccessKeyPlaintext != ""):
		return invalid(at+".instance_profile_arn", "and access keys exclude each other")
	}
	return requireSecrets(neededSecrets(&api.ExternalModel{Provider: "amazon-bedrock", AmazonBedrock: c}), at)
}

func checkOpenAI(c *api.OpenAIConfig, at string) error {
	azure := c.APIType == "azure" || c.APIType == "azuread"
	if c.APIType != "" && c.APIType != "openai" && !azure {
		return invalid(at+".openai_api_type", "must be one of openai, azure, azuread, got '%s'", c.APIType)
	}
	for _, f := range []struct {
		field    string
		value    string
		required bool
	}{
		{"openai_api_base", c.APIBase, azure},
		{"openai_api_version", c.APIVersion, azure},
		{"openai_deployment_name", c.DeploymentName, azure},
		{"microsoft_entra_client_id", c.EntraClientID, c.APIType == "azuread"},
		{"microsoft_entra_tenant_id", c.EntraTenantID, c.APIType == "azuread"},
	} {
		if f.required && f.value == "" {
			return invalid(at+"."+f.field, "is required with openai_api_type %s", c.APIType)
		}
	}
	if azure && c.Organization != "" {
		return invalid(at+".openai_organization", "is for openai_api_type openai only")
	}
	return requireSecrets(neededSecrets(&api.ExternalModel{Provider: "openai", OpenAI: c}), at)
}
