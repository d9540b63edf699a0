package resources_test

import "slices"

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

// externalTrials change everything of a provider block at once: whatever is not sent, or not read back, shows
// in the second plan.
func externalTrials() []trial {
	openai := externalEntity("openai_config", externalBlocks()["openai_config"])
	at := func(v values, changes values) values {
		prefixed := values{}
		for k, x := range changes {
			prefixed["external_model."+k] = x
		}
		return v.With(prefixed)
	}
	block := func(name string) values { return externalEntity(name, externalBlocks()[name]) }
	azure := at(openai, values{"openai_config": values{
		"openai_api_type": "azure", "openai_api_key": keyA, "openai_api_base": "https://a.example", "openai_api_version": "1", "openai_deployment_name": "d"}})
	azuread := at(azure, values{
		"openai_config.openai_api_type": "azuread", "openai_config.openai_api_key": nil, "openai_config.microsoft_entra_client_id": "c",
		"openai_config.microsoft_entra_tenant_id": "t", "openai_config.microsoft_entra_client_secret": keyA})
	header := externalEntity("custom_provider_config", values{"custom_provider_url": "https://a.example", "api_key_auth": values{"key": "X-Key", "value": keyA}})
	profile := externalEntity("amazon_bedrock_config", values{"aws_region": "eu-west-1", "bedrock_provider": "amazon", "instance_profile_arn": "arn:a"})

	var trials []trial
	for _, c := range []struct {
		set, to, unset values
	}{
		{openai, values{"name": "gpt-4.1", "task": "llm/v1/completions"}, nil},
		{at(openai, values{"provider": "openai"}), values{"provider": "palm", "openai_config": nil, "palm_config": values{"palm_api_key": keyA}}, openai},
		{block("amazon_bedrock_config"), values{"amazon_bedrock_config.aws_region": "us-east-1", "amazon_bedrock_config.bedrock_provider": "cohere"}, nil},
		{profile, values{"amazon_bedrock_config.instance_profile_arn": "arn:b"}, block("amazon_bedrock_config")},
		{at(block("cohere_config"), values{"cohere_config.cohere_api_base": "https://a.example"}), values{"cohere_config.cohere_api_base": "https://b.example"}, block("cohere_config")},
		{header, values{"custom_provider_config.custom_provider_url": "https://b.example", "custom_provider_config.api_key_auth.key": "X-Other"}, block("custom_provider_config")},
		{block("databricks_model_serving_config"), values{"databricks_model_serving_config.databricks_workspace_url": "https://b.example"}, nil},
		{block("google_cloud_vertex_ai_config"), values{"google_cloud_vertex_ai_config.project_id": "q", "google_cloud_vertex_ai_config.region": "s"}, nil},
		{azure, values{"openai_config.openai_api_base": "https://b.example", "openai_config.openai_api_version": "2", "openai_config.openai_deployment_name": "e"}, openai},
		{at(openai, values{"openai_config.openai_organization": "o"}), values{"openai_config.openai_organization": "p"}, openai},
		{azuread, values{"openai_config.microsoft_entra_client_id": "d", "openai_config.microsoft_entra_tenant_id": "u"}, azure},
		{azure, values{"openai_config": azuread["external_model"].(values)["openai_config"], "openai_config.openai_api_type": "azuread"}, openai},
	} {
		trials = append(trials, trial{attributes: under("external_model.", c.to), set: c.set, change: at(c.set, c.to), unset: c.unset})
	}
	trials = append(trials, trial{attributes: []string{"external_model.openai_config.openai_api_key"}, set: openai, change: at(openai, values{"openai_config.openai_api_key": keyB})})

	// Secrets: write-only, then a new version of it, then by reference.
	for secret, by := range map[string]values{
		"ai21labs_config.ai21labs_api_key":                     block("ai21labs_config"),
		"amazon_bedrock_config.aws_access_key_id":              block("amazon_bedrock_config"),
		"amazon_bedrock_config.aws_secret_access_key":          block("amazon_bedrock_config"),
		"anthropic_config.anthropic_api_key":                   block("anthropic_config"),
		"cohere_config.cohere_api_key":                         block("cohere_config"),
		"custom_provider_config.api_key_auth.value":            header,
		"custom_provider_config.bearer_token_auth.token":       block("custom_provider_config"),
		"databricks_model_serving_config.databricks_api_token": block("databricks_model_serving_config"),
		"google_cloud_vertex_ai_config.private_key":            block("google_cloud_vertex_ai_config"),
		"openai_config.openai_api_key":                         openai,
		"openai_config.microsoft_entra_client_secret":          azuread,
		"palm_config.palm_api_key":                             block("palm_config"),
	} {
		written := at(by, values{secret: nil, secret + "_wo": "pl41ntext", secret + "_wo_version": 1})
		trials = append(trials, trial{
			attributes: []string{"external_model." + secret + "_wo", "external_model." + secret + "_wo_version", "external_model." + secret},
			set:        written, change: at(written, values{secret + "_wo": "other", secret + "_wo_version": 2}), unset: by,
			changedImport: "an import counts as version 1",
		})
	}
	return trials
}

// under lists the keys of changes, each with a prefix, sorted.
func under(prefix string, changes values) []string {
	var o []string
	for at := range changes {
		o = append(o, prefix+at)
	}
	slices.Sort(o)
	return o
}
