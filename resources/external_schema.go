package resources

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// Suffixes that make three attributes of one secret, and its two fields on the wire.
const (
	suffixWriteOnly = "_wo"
	suffixVersion   = "_wo_version"
	suffixPlaintext = "_plaintext"
)

// externalField is one attribute of a provider block. Attributes are named like the fields of the wire, so
// that one table describes both.
type externalField struct {
	name        string
	description string
	required    bool
	secret      bool
	byDefault   string // what the server assumes, and may show, without the field
	foldCase    bool   // the server may show another case
	fields      []externalField
}

// externalBlock is the block of one provider of external models.
type externalBlock struct {
	name        string // of the attribute, and on the wire
	provider    string // the value of external_model.provider
	description string
	fields      []externalField
}

// externalBlocks lists the nine providers with their settings.
func externalBlocks() []externalBlock {
	return []externalBlock{
		{"ai21labs_config", "ai21labs", "Access to AI21 Labs.", []externalField{
			{name: "ai21labs_api_key", secret: true, description: "API key."},
		}},
		{"amazon_bedrock_config", "amazon-bedrock", "Access to Amazon Bedrock, by a pair of keys or by an instance profile.", []externalField{
			{name: "aws_region", required: true, description: "AWS region."},
			{name: "bedrock_provider", required: true, foldCase: true, description: "Provider behind Bedrock: `anthropic`, `cohere`, `ai21labs` or `amazon`."},
			{name: "aws_access_key_id", secret: true, description: "Access key id."},
			{name: "aws_secret_access_key", secret: true, description: "Secret access key."},
			{name: "instance_profile_arn", description: "ARN of the instance profile to use instead of keys."},
		}},
		{"anthropic_config", "anthropic", "Access to Anthropic.", []externalField{
			{name: "anthropic_api_key", secret: true, description: "API key."},
		}},
		{"cohere_config", "cohere", "Access to Cohere.", []externalField{
			{name: "cohere_api_key", secret: true, description: "API key."},
			{name: "cohere_api_base", description: "Base URL, where it is not Cohere's own."},
		}},
		{"custom_provider_config", "custom", "Access to any server that speaks the OpenAI protocol.", []externalField{
			{name: "custom_provider_url", required: true, description: "URL of the server."},
			{name: "api_key_auth", description: "Sends a secret in a header of its own. Exclusive with `bearer_token_auth`.", fields: []externalField{
				{name: "key", required: true, description: "Name of the header."},
				{name: "value", secret: true, description: "Value of the header."},
			}},
			{name: "bearer_token_auth", description: "Sends a secret as a bearer token. Exclusive with `api_key_auth`.", fields: []externalField{
				{name: "token", secret: true, description: "Token."},
			}},
		}},
		{"databricks_model_serving_config", "databricks-model-serving", "Access to a serving endpoint of another workspace.", []externalField{
			{name: "databricks_workspace_url", required: true, description: "URL of the workspace."},
			{name: "databricks_api_token", secret: true, description: "Access token."},
		}},
		{"google_cloud_vertex_ai_config", "google-cloud-vertex-ai", "Access to Vertex AI by a service account.", []externalField{
			{name: "project_id", required: true, description: "Google Cloud project."},
			{name: "region", required: true, description: "Google Cloud region."},
			{name: "private_key", secret: true, description: "Private key of the service account."},
		}},
		{"openai_config", "openai", "Access to OpenAI or Azure OpenAI.", []externalField{
			{name: "openai_api_key", secret: true, description: "API key; not with `openai_api_type = \"azuread\"`."},
			{name: "openai_api_base", description: "Base URL; required for `azure` and `azuread`."},
			{name: "openai_api_type", byDefault: "openai", description: "`openai` (the default), `azure` or `azuread`."},
			{name: "openai_api_version", description: "API version; required for `azure` and `azuread`."},
			{name: "openai_deployment_name", description: "Deployment; required for `azure` and `azuread`."},
			{name: "openai_organization", description: "Organization; for `openai` only."},
			{name: "microsoft_entra_client_id", description: "Client id; required for `azuread`."},
			{name: "microsoft_entra_tenant_id", description: "Tenant id; required for `azuread`."},
			{name: "microsoft_entra_client_secret", secret: true, description: "Client secret; required for `azuread`."},
		}},
		{"palm_config", "palm", "Access to PaLM.", []externalField{
			{name: "palm_api_key", secret: true, description: "API key."},
		}},
	}
}

// externalAttribute is the schema of external_model.
func externalAttribute() schema.SingleNestedAttribute {
	attributes := map[string]schema.Attribute{
		"name": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "Name of the model at its provider, such as `gpt-4o`.",
		},
		"provider": schema.StringAttribute{
			Optional: true, Computed: true,
			PlanModifiers: []planmodifier.String{providerOfBlock{}},
			MarkdownDescription: "Provider of the model; follows from the block that is set. One of `ai21labs`, `amazon-bedrock`, `anthropic`, " +
				"`cohere`, `custom`, `databricks-model-serving`, `google-cloud-vertex-ai`, `openai`, `palm`.",
		},
		"task": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "Task that the model does: `llm/v1/chat`, `llm/v1/completions` or `llm/v1/embeddings`. The same for all external models of an endpoint.",
		},
	}
	for _, b := range externalBlocks() {
		attributes[b.name] = schema.SingleNestedAttribute{
			Optional:            true,
			Attributes:          externalAttributes(b.fields),
			MarkdownDescription: fmt.Sprintf("%s For `provider = %q`.", b.description, b.provider),
		}
	}
	return schema.SingleNestedAttribute{
		Optional:   true,
		Attributes: attributes,
		Validators: []validator.Object{externalModelValidator{}},
		MarkdownDescription: "A model of another provider, reached through the endpoint. Exactly one `…_config` block, that of its provider. " +
			"Every secret is either a reference `{{secrets/scope/key}}` or write-only (`…_wo` with `…_wo_version`); no secret stands in state or plan.",
	}
}

func externalAttributes(fields []externalField) map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{}
	for _, f := range fields {
		switch {
		case f.secret:
			addSecret(attributes, f)
		case f.fields != nil:
			attributes[f.name] = schema.SingleNestedAttribute{
				Optional: true, Attributes: externalAttributes(f.fields), MarkdownDescription: f.description,
			}
		default:
			attributes[f.name] = schema.StringAttribute{
				Required: f.required, Optional: !f.required, MarkdownDescription: f.description,
			}
		}
	}
	return attributes
}

func addSecret(attributes map[string]schema.Attribute, f externalField) {
	attributes[f.name] = schema.StringAttribute{
		Optional:            true,
		Validators:          []validator.String{secretReference{writeOnly: f.name + suffixWriteOnly}},
		MarkdownDescription: f.description + " A reference `{{secrets/scope/key}}`.",
	}
	attributes[f.name+suffixWriteOnly] = schema.StringAttribute{
		Optional: true, Sensitive: true, WriteOnly: true,
		MarkdownDescription: fmt.Sprintf("%s Write-only: sent, and kept neither in state nor in plan. Set it with `%s`.", f.description, f.name+suffixVersion),
	}
	attributes[f.name+suffixVersion] = schema.Int64Attribute{
		Optional:            true,
		MarkdownDescription: fmt.Sprintf("Version of `%s`; start with 1, and raise it to send a new value.", f.name+suffixWriteOnly),
	}
}
