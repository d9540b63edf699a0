package api

import "strings"

// Secret is one secret of a provider block: where its reference stands and where its plaintext stands, of
// which a request sets exactly one. Field is the JSON name of the reference; plaintext adds _plaintext.
type Secret struct {
	Field     string
	Reference *string
	Plaintext *string
}

// ProviderBlock is the block of an external model that a provider reads.
type ProviderBlock struct {
	Provider string   // the value of external_model.provider
	Field    string   // the JSON name of the block
	Secrets  []Secret // pointers into the block; nil where the block is not set
	Set      bool
}

// Blocks lists the provider blocks of m, all nine, in the order of their providers' names. The secrets point
// into m, so that callers can check, resolve and redact them without knowing each provider.
func (m *ExternalModel) Blocks() []ProviderBlock {
	blocks := []ProviderBlock{
		{Provider: "ai21labs", Field: "ai21labs_config", Set: m.AI21Labs != nil},
		{Provider: "amazon-bedrock", Field: "amazon_bedrock_config", Set: m.AmazonBedrock != nil},
		{Provider: "anthropic", Field: "anthropic_config", Set: m.Anthropic != nil},
		{Provider: "cohere", Field: "cohere_config", Set: m.Cohere != nil},
		{Provider: "custom", Field: "custom_provider_config", Set: m.Custom != nil},
		{Provider: "databricks-model-serving", Field: "databricks_model_serving_config", Set: m.DatabricksModelServing != nil},
		{Provider: "google-cloud-vertex-ai", Field: "google_cloud_vertex_ai_config", Set: m.GoogleCloudVertexAI != nil},
		{Provider: "openai", Field: "openai_config", Set: m.OpenAI != nil},
		{Provider: "palm", Field: "palm_config", Set: m.PaLM != nil},
	}
	if c := m.AI21Labs; c != nil {
		blocks[0].Secrets = []Secret{{"ai21labs_api_key", &c.APIKey, &c.APIKeyPlaintext}}
	}
	if c := m.AmazonBedrock; c != nil {
		blocks[1].Secrets = []Secret{
			{"aws_access_key_id", &c.AccessKeyID, &c.AccessKeyIDPlaintext},
			{"aws_secret_access_key", &c.SecretAccessKey, &c.SecretAccessKeyPlaintext},
		}
	}
	if c := m.Anthropic; c != nil {
		blocks[2].Secrets = []Secret{{"anthropic_api_key", &c.APIKey, &c.APIKeyPlaintext}}
	}
	if c := m.Cohere; c != nil {
		blocks[3].Secrets = []Secret{{"cohere_api_key", &c.APIKey, &c.APIKeyPlaintext}}
	}
	if c := m.Custom; c != nil {
		if a := c.APIKeyAuth; a != nil {
			blocks[4].Secrets = append(blocks[4].Secrets, Secret{"api_key_auth.value", &a.Value, &a.ValuePlaintext})
		}
		if a := c.BearerTokenAuth; a != nil {
			blocks[4].Secrets = append(blocks[4].Secrets, Secret{"bearer_token_auth.token", &a.Token, &a.TokenPlaintext})
		}
	}
	if c := m.DatabricksModelServing; c != nil {
		blocks[5].Secrets = []Secret{{"databricks_api_token", &c.APIToken, &c.APITokenPlaintext}}
	}
	if c := m.GoogleCloudVertexAI; c != nil {
		blocks[6].Secrets = []Secret{{"private_key", &c.PrivateKey, &c.PrivateKeyPlaintext}}
	}
	if c := m.OpenAI; c != nil {
		blocks[7].Secrets = []Secret{
			{"openai_api_key", &c.APIKey, &c.APIKeyPlaintext},
			{"microsoft_entra_client_secret", &c.EntraClientSecret, &c.EntraClientSecretPlaintext},
		}
	}
	if c := m.PaLM; c != nil {
		blocks[8].Secrets = []Secret{{"palm_api_key", &c.APIKey, &c.APIKeyPlaintext}}
	}
	return blocks
}

// Redacted returns a copy without plaintext secrets: what answers and logs may hold.
func (m *ExternalModel) Redacted() *ExternalModel {
	o := m.Clone()
	if o == nil {
		return nil
	}
	for _, b := range o.Blocks() {
		for _, s := range b.Secrets {
			*s.Plaintext = ""
		}
	}
	return o
}

// SecretReference splits {{secrets/scope/key}}; ok is false where s is anything else.
func SecretReference(s string) (scope, key string, ok bool) {
	inner, opened := strings.CutPrefix(s, "{{")
	inner, closed := strings.CutSuffix(inner, "}}")
	path, prefixed := strings.CutPrefix(strings.TrimSpace(inner), "secrets/")
	scope, key, parted := strings.Cut(path, "/")
	if !opened || !closed || !prefixed || !parted || scope == "" || key == "" || strings.ContainsAny(path, "{} \t\n") || strings.Contains(key, "/") {
		return "", "", false
	}
	return scope, key, true
}
