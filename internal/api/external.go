package api

// ExternalModel is a model of another provider that is served through an endpoint. Exactly one of the
// provider blocks is set, the one that Provider names. Within a block a secret is either a reference
// {{secrets/scope/key}} or its _plaintext twin; answers never hold the latter.
type ExternalModel struct {
	Name     string `json:"name"`
	Provider string `json:"provider,omitempty"`
	Task     string `json:"task"`

	AI21Labs               *AI21LabsConfig               `json:"ai21labs_config,omitempty"`
	AmazonBedrock          *AmazonBedrockConfig          `json:"amazon_bedrock_config,omitempty"`
	Anthropic              *AnthropicConfig              `json:"anthropic_config,omitempty"`
	Cohere                 *CohereConfig                 `json:"cohere_config,omitempty"`
	Custom                 *CustomProviderConfig         `json:"custom_provider_config,omitempty"`
	DatabricksModelServing *DatabricksModelServingConfig `json:"databricks_model_serving_config,omitempty"`
	GoogleCloudVertexAI    *GoogleCloudVertexAIConfig    `json:"google_cloud_vertex_ai_config,omitempty"`
	OpenAI                 *OpenAIConfig                 `json:"openai_config,omitempty"`
	PaLM                   *PaLMConfig                   `json:"palm_config,omitempty"`
}

// AI21LabsConfig authenticates at AI21 Labs.
type AI21LabsConfig struct {
	APIKey          string `json:"ai21labs_api_key,omitempty"`
	APIKeyPlaintext string `json:"ai21labs_api_key_plaintext,omitempty"`
}

// AmazonBedrockConfig authenticates at Amazon Bedrock, by a pair of keys or an instance profile.
type AmazonBedrockConfig struct {
	Region                   string `json:"aws_region"`
	Provider                 string `json:"bedrock_provider"` // anthropic, cohere, ai21labs or amazon, in any case
	AccessKeyID              string `json:"aws_access_key_id,omitempty"`
	AccessKeyIDPlaintext     string `json:"aws_access_key_id_plaintext,omitempty"`
	SecretAccessKey          string `json:"aws_secret_access_key,omitempty"`
	SecretAccessKeyPlaintext string `json:"aws_secret_access_key_plaintext,omitempty"`
	InstanceProfileARN       string `json:"instance_profile_arn,omitempty"`
}

// AnthropicConfig authenticates at Anthropic.
type AnthropicConfig struct {
	APIKey          string `json:"anthropic_api_key,omitempty"`
	APIKeyPlaintext string `json:"anthropic_api_key_plaintext,omitempty"`
}

// CohereConfig authenticates at Cohere.
type CohereConfig struct {
	APIBase         string `json:"cohere_api_base,omitempty"`
	APIKey          string `json:"cohere_api_key,omitempty"`
	APIKeyPlaintext string `json:"cohere_api_key_plaintext,omitempty"`
}

// CustomProviderConfig reaches any server that speaks the OpenAI protocol.
type CustomProviderConfig struct {
	URL             string           `json:"custom_provider_url"`
	APIKeyAuth      *APIKeyAuth      `json:"api_key_auth,omitempty"`
	BearerTokenAuth *BearerTokenAuth `json:"bearer_token_auth,omitempty"`
}

// APIKeyAuth sends a secret in a header of its own.
type APIKeyAuth struct {
	Key            string `json:"key"` // the header's name
	Value          string `json:"value,omitempty"`
	ValuePlaintext string `json:"value_plaintext,omitempty"`
}

// BearerTokenAuth sends a secret as a bearer token.
type BearerTokenAuth struct {
	Token          string `json:"token,omitempty"`
	TokenPlaintext string `json:"token_plaintext,omitempty"`
}

// DatabricksModelServingConfig reaches an endpoint of another workspace.
type DatabricksModelServingConfig struct {
	WorkspaceURL      string `json:"databricks_workspace_url"`
	APIToken          string `json:"databricks_api_token,omitempty"`
	APITokenPlaintext string `json:"databricks_api_token_plaintext,omitempty"`
}

// GoogleCloudVertexAIConfig authenticates at Vertex AI by a service account's private key.
type GoogleCloudVertexAIConfig struct {
	ProjectID           string `json:"project_id"`
	Region              string `json:"region"`
	PrivateKey          string `json:"private_key,omitempty"`
	PrivateKeyPlaintext string `json:"private_key_plaintext,omitempty"`
}

// OpenAIConfig authenticates at OpenAI, Azure OpenAI (azure) or Azure OpenAI by Entra ID (azuread).
type OpenAIConfig struct {
	APIKey                     string `json:"openai_api_key,omitempty"`
	APIKeyPlaintext            string `json:"openai_api_key_plaintext,omitempty"`
	APIBase                    string `json:"openai_api_base,omitempty"`
	APIType                    string `json:"openai_api_type,omitempty"` // openai (default), azure or azuread
	APIVersion                 string `json:"openai_api_version,omitempty"`
	DeploymentName             string `json:"openai_deployment_name,omitempty"`
	Organization               string `json:"openai_organization,omitempty"`
	EntraClientID              string `json:"microsoft_entra_client_id,omitempty"`
	EntraTenantID              string `json:"microsoft_entra_tenant_id,omitempty"`
	EntraClientSecret          string `json:"microsoft_entra_client_secret,omitempty"`
	EntraClientSecretPlaintext string `json:"microsoft_entra_client_secret_plaintext,omitempty"`
}

// PaLMConfig authenticates at PaLM.
type PaLMConfig struct {
	APIKey          string `json:"palm_api_key,omitempty"`
	APIKeyPlaintext string `json:"palm_api_key_plaintext,omitempty"`
}

// Clone returns a deep copy; nil clones to nil.
func (m *ExternalModel) Clone() *ExternalModel {
	if m == nil {
		return nil
	}
	o := *m
	o.AI21Labs = clonePtr(m.AI21Labs)
	o.AmazonBedrock = clonePtr(m.AmazonBedrock)
	o.Anthropic = clonePtr(m.Anthropic)
	o.Cohere = clonePtr(m.Cohere)
	if m.Custom != nil {
		c := *m.Custom
		c.APIKeyAuth = clonePtr(c.APIKeyAuth)
		c.BearerTokenAuth = clonePtr(c.BearerTokenAuth)
		o.Custom = &c
	}
	o.DatabricksModelServing = clonePtr(m.DatabricksModelServing)
	o.GoogleCloudVertexAI = clonePtr(m.GoogleCloudVertexAI)
	o.OpenAI = clonePtr(m.OpenAI)
	o.PaLM = clonePtr(m.PaLM)
	return &o
}
