package resources_test

// A reference to a secret, and another.
const (
	keyA = "{{secrets/scope/a}}"
	keyB = "{{secrets/scope/b}}"
)

func externalEntity(block string, settings values) values {
	return values{"endpoint_name": "e", "name": "m", "external_model": values{"name": "gpt-4o", "task": "llm/v1/chat", block: settings}}
}

// externalBlocks are complete provider blocks with references alone.
func externalBlocks() map[string]values {
	return map[string]values{
		"ai21labs_config":                 {"ai21labs_api_key": keyA},
		"amazon_bedrock_config":           {"aws_region": "eu-west-1", "bedrock_provider": "Anthropic", "aws_access_key_id": keyA, "aws_secret_access_key": keyA},
		"anthropic_config":                {"anthropic_api_key": keyA},
		"cohere_config":                   {"cohere_api_key": keyA},
		"custom_provider_config":          {"custom_provider_url": "https://a.example", "bearer_token_auth": values{"token": keyA}},
		"databricks_model_serving_config": {"databricks_workspace_url": "https://a.example", "databricks_api_token": keyA},
		"google_cloud_vertex_ai_config":   {"project_id": "p", "region": "r", "private_key": keyA},
		"openai_config":                   {"openai_api_key": keyA},
		"palm_config":                     {"palm_api_key": keyA},
	}
}

func externalTrials() []trial {
	openai := externalEntity("openai_config", externalBlocks()["openai_config"])
	at := func(v values, path string, x any) values { return v.With(values{"external_model." + path: x}) }
	trials := []trial{
		{attribute: "external_model.name", set: openai, change: at(openai, "name", "gpt-4.1")},
		{attribute: "external_model.task", set: openai, change: at(openai, "task", "llm/v1/completions")},
		{attribute: "external_model.provider", set: at(openai, "provider", "openai"),
			change: externalEntity("palm_config", values{"palm_api_key": keyA}).With(values{"external_model.provider": "palm"}),
			unset:  openai},
	}

	// Plain attributes of the blocks: what they are set and changed to, over a block that needs them or not.
	bedrockProfile := externalEntity("amazon_bedrock_config", values{"aws_region": "eu-west-1", "bedrock_provider": "amazon", "instance_profile_arn": "arn:a"})
	azure := externalEntity("openai_config", values{
		"openai_api_type": "azure", "openai_api_key": keyA, "openai_api_base": "https://a.example", "openai_api_version": "1", "openai_deployment_name": "d"})
	azuread := externalEntity("openai_config", values{
		"openai_api_type": "azuread", "openai_api_base": "https://a.example", "openai_api_version": "1", "openai_deployment_name": "d",
		"microsoft_entra_client_id": "c", "microsoft_entra_tenant_id": "t", "microsoft_entra_client_secret": keyA})
	header := externalEntity("custom_provider_config", values{"custom_provider_url": "https://a.example", "api_key_auth": values{"key": "X-Key", "value": keyA}})
	block := func(name string) values { return externalEntity(name, externalBlocks()[name]) }
	for _, c := range []struct {
		at    string
		set   values
		to    any
		unset values
	}{
		{"amazon_bedrock_config.aws_region", block("amazon_bedrock_config"), "us-east-1", nil},
		{"amazon_bedrock_config.bedrock_provider", block("amazon_bedrock_config"), "cohere", nil},
		{"amazon_bedrock_config.instance_profile_arn", bedrockProfile, "arn:b", block("amazon_bedrock_config")},
		{"cohere_config.cohere_api_base", at(block("cohere_config"), "cohere_config.cohere_api_base", "https://a.example"), "https://b.example", block("cohere_config")},
		{"custom_provider_config.custom_provider_url", block("custom_provider_config"), "https://b.example", nil},
		{"custom_provider_config.api_key_auth.key", header, "X-Other", block("custom_provider_config")},
		{"databricks_model_serving_config.databricks_workspace_url", block("databricks_model_serving_config"), "https://b.example", nil},
		{"google_cloud_vertex_ai_config.project_id", block("google_cloud_vertex_ai_config"), "q", nil},
		{"google_cloud_vertex_ai_config.region", block("google_cloud_vertex_ai_config"), "s", nil},
		{"openai_config.openai_api_base", azure, "https://b.example", openai},
		{"openai_config.openai_api_version", azure, "2", openai},
		{"openai_config.openai_deployment_name", azure, "e", openai},
		{"openai_config.openai_organization", at(openai, "openai_config.openai_organization", "o"), "p", openai},
		{"openai_config.microsoft_entra_client_id", azuread, "d", openai},
		{"openai_config.microsoft_entra_tenant_id", azuread, "u", openai},
	} {
		trials = append(trials, trial{attribute: "external_model." + c.at, set: c.set, change: at(c.set, c.at, c.to), unset: c.unset})
	}
	trials = append(trials, trial{attribute: "external_model.openai_config.openai_api_type", set: azure, change: azuread, unset: openai})

	// Secrets: by reference, then write-only, then a new version, then back to a reference.
	for _, c := range []struct {
		at    string
		block values
	}{
		{"ai21labs_config.ai21labs_api_key", block("ai21labs_config")},
		{"amazon_bedrock_config.aws_access_key_id", block("amazon_bedrock_config")},
		{"amazon_bedrock_config.aws_secret_access_key", block("amazon_bedrock_config")},
		{"anthropic_config.anthropic_api_key", block("anthropic_config")},
		{"cohere_config.cohere_api_key", block("cohere_config")},
		{"custom_provider_config.api_key_auth.value", header},
		{"custom_provider_config.bearer_token_auth.token", block("custom_provider_config")},
		{"databricks_model_serving_config.databricks_api_token", block("databricks_model_serving_config")},
		{"google_cloud_vertex_ai_config.private_key", block("google_cloud_vertex_ai_config")},
		{"openai_config.openai_api_key", openai},
		{"openai_config.microsoft_entra_client_secret", azuread},
		{"palm_config.palm_api_key", block("palm_config")},
	} {
		secret := "external_model." + c.at
		writeOnly := c.block.With(values{secret: nil, secret + "_wo": "pl41ntext", secret + "_wo_version": 1})
		trials = append(trials,
			trial{attribute: secret, set: c.block, change: c.block.With(values{secret: keyB}), unset: writeOnly},
			trial{attribute: secret + "_wo", with: secret + "_wo_version", set: writeOnly, change: writeOnly.With(values{secret + "_wo": "other", secret + "_wo_version": 2}), unset: c.block,
				changedImport: "an import counts as version 1"},
		)
	}
	return trials
}
