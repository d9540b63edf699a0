package upstream

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// provider is what is known of one provider: where it is, how it wants the key, and how each task is put to it.
type provider struct {
	base     string            // default base URL; empty where the configuration names it
	bases    map[string]string // of regions whose host has another form
	versions []string          // ends of a configured base URL that the paths repeat
	header   http.Header
	key      authorizer
	// inPath: the path names the model, and the body doesn't.
	inPath bool
	tasks  map[string]operation // by task of the serving API; a task that is not here is not supported
}

// operation is one task at one provider. Paths hold places in braces, which the model's configuration fills.
type operation struct {
	path   string
	stream string // the path of streams; empty: the same, and the body says that it is one
	codec  codec
	embed  embedCodec
	takes  features
}

// providers is the table of external models. A provider that speaks several protocols stands here once for each:
// see providerKey.
func providers() map[string]provider {
	azure := provider{
		versions: []string{"/openai"}, inPath: true, key: headerKey("Api-Key", "openai_api_key"),
		tasks: openAITasks("/openai/deployments/{deployment}", "?api-version={version}", openAIFeatures()),
	}
	azureToday := azure
	azureToday.tasks = maps.Clone(azure.tasks)
	azureToday.tasks[api.TaskChat] = operation{path: azure.tasks[api.TaskChat].path, codec: openAIChatToday(), takes: openAIFeatures()}
	entra, entraToday := azure, azureToday
	entra.key, entraToday.key = entraToken, entraToken
	// Models of all vendors take temperatures up to 1 there, and one format for chats and completions.
	converse := operation{path: "/model/{model}/converse", stream: "/model/{model}/converse-stream", codec: bedrockConverse(), takes: features{maxTemp: 1}}
	bedrock := func(embed *embedCodec) provider {
		p := provider{
			base: "https://bedrock-runtime.{region}.amazonaws.com", inPath: true, key: signV4,
			tasks: map[string]operation{api.TaskChat: converse, api.TaskCompletions: converse},
		}
		if embed != nil {
			p.tasks[api.TaskEmbeddings] = operation{path: "/model/{model}/invoke", embed: *embed}
		}
		return p
	}
	titan, cohere := titanEmbed(), bedrockCohereEmbed()
	openAI := openAITasks("", "", openAIFeatures())
	openAI[api.TaskChat] = operation{path: "/chat/completions", codec: openAIChatToday(), takes: openAIFeatures()}
	messages := operation{path: "/v1/messages", codec: anthropicMessages(), takes: features{topK: true, maxTemp: 1}}
	cohereV2 := operation{path: "/v2/chat", codec: cohereChat(), takes: features{topK: true, seed: true, maxTemp: 1}}
	vertex := "/v1/projects/{project}/locations/{region}/publishers/google/models/{model}"
	gemini := operation{
		path: vertex + ":generateContent", stream: vertex + ":streamGenerateContent?alt=sse", codec: geminiGenerate(),
		takes: features{n: true, topK: true, seed: true, logprobs: true},
	}
	palm := "/v1beta3/models/{model}"
	palmTakes := features{n: true, topK: true, maxTemp: 1}
	palmChatTakes := palmTakes
	palmChatTakes.noStop = true
	return map[string]provider{
		"openai": {
			base: "https://api.openai.com/v1", key: bearerKey("openai_api_key"),
			header: http.Header{"Openai-Organization": {"{organization}"}},
			tasks:  openAI,
		},
		"openai/azure":         azure,
		"openai/azure/today":   azureToday,
		"openai/azuread":       entra,
		"openai/azuread/today": entraToday,
		"anthropic": {
			base: "https://api.anthropic.com", versions: []string{"/v1"}, key: headerKey("X-Api-Key", "anthropic_api_key"),
			header: http.Header{"Anthropic-Version": {"2023-06-01"}},
			tasks:  map[string]operation{api.TaskChat: messages, api.TaskCompletions: messages},
		},
		"cohere": {
			base: "https://api.cohere.com", versions: []string{"/v1", "/v2"}, key: bearerKey("cohere_api_key"),
			tasks: map[string]operation{
				api.TaskChat: cohereV2, api.TaskCompletions: cohereV2,
				api.TaskEmbeddings: {path: "/v2/embed", embed: cohereEmbed()},
			},
		},
		"ai21labs": {
			base: "https://api.ai21.com/studio/v1", key: bearerKey("ai21labs_api_key"),
			tasks: map[string]operation{
				api.TaskChat:        {path: "/chat/completions", codec: openAIChat(), takes: features{n: true}},
				api.TaskCompletions: {path: "/{model}/complete", codec: ai21Complete(), takes: features{n: true, logprobs: true, maxTemp: 1}},
			},
		},
		"amazon-bedrock/amazon":    bedrock(&titan),
		"amazon-bedrock/cohere":    bedrock(&cohere),
		"amazon-bedrock/anthropic": bedrock(nil),
		"amazon-bedrock/ai21labs":  bedrock(nil),
		"google-cloud-vertex-ai": {
			base: "https://{region}-aiplatform.googleapis.com", inPath: true, key: googleToken,
			bases: map[string]string{
				"global": "https://aiplatform.googleapis.com",
				"us":     "https://aiplatform.us.rep.googleapis.com",
				"eu":     "https://aiplatform.eu.rep.googleapis.com",
			},
			tasks: map[string]operation{
				api.TaskChat: gemini, api.TaskCompletions: gemini,
				api.TaskEmbeddings: {path: vertex + ":predict", embed: vertexEmbed()},
			},
		},
		"palm": {
			base: "https://generativelanguage.googleapis.com", inPath: true, key: headerKey("X-Goog-Api-Key", "palm_api_key"),
			tasks: map[string]operation{
				api.TaskChat:        {path: palm + ":generateMessage", codec: palmMessage(), takes: palmChatTakes},
				api.TaskCompletions: {path: palm + ":generateText", codec: palmText(), takes: palmTakes},
				api.TaskEmbeddings:  {path: palm + ":batchEmbedText", embed: palmEmbed()},
			},
		},
		"databricks-model-serving": {
			inPath: true, key: bearerKey("databricks_api_token"),
			tasks: map[string]operation{
				api.TaskChat:        {path: "/serving-endpoints/{model}/invocations", codec: openAIChat(), takes: allFeatures()},
				api.TaskCompletions: {path: "/serving-endpoints/{model}/invocations", codec: openAICompletions(), takes: allFeatures()},
				api.TaskEmbeddings:  {path: "/serving-endpoints/{model}/invocations", embed: openAIEmbeddings()},
			},
		},
		"custom": {
			versions: []string{"/chat/completions", "/completions", "/embeddings"}, key: customKey,
			tasks: openAITasks("", "", allFeatures()),
		},
	}
}

func allFeatures() features    { return features{n: true, topK: true, seed: true, logprobs: true} }
func openAIFeatures() features { return features{n: true, seed: true, logprobs: true} }

// openAITasks are the three tasks of the OpenAI protocol below a path.
func openAITasks(prefix, suffix string, takes features) map[string]operation {
	return map[string]operation{
		api.TaskChat:        {path: prefix + "/chat/completions" + suffix, codec: openAIChat(), takes: takes},
		api.TaskCompletions: {path: prefix + "/completions" + suffix, codec: openAICompletions(), takes: takes},
		api.TaskEmbeddings:  {path: prefix + "/embeddings" + suffix, embed: openAIEmbeddings()},
	}
}

// providerKey is the row of the table for a model: the provider, with the protocol where it has several.
func providerKey(m *api.ExternalModel) string {
	switch {
	case m.OpenAI != nil && m.OpenAI.APIType != "" && m.OpenAI.APIType != "openai":
		key := m.Provider + "/" + m.OpenAI.APIType
		if slices.ContainsFunc(modelsOfToday(), func(prefix string) bool { return strings.HasPrefix(m.Name, prefix) }) {
			key += "/today"
		}
		return key
	case m.AmazonBedrock != nil:
		return m.Provider + "/" + strings.ToLower(m.AmazonBedrock.Provider)
	}
	return m.Provider
}

// modelsOfToday are the beginnings of the names of OpenAI's models that refuse max_tokens. OpenAI itself takes the new
// name for all of its models; Azure's older ones do not know it.
func modelsOfToday() []string { return []string{"o1", "o3", "o4", "gpt-5"} }

// placesOf are what the paths and headers of the table may name.
func placesOf(m *api.ExternalModel) map[string]string {
	p := map[string]string{"model": m.Name}
	if c := m.OpenAI; c != nil {
		p["deployment"], p["version"], p["organization"] = c.DeploymentName, c.APIVersion, c.Organization
	}
	if c := m.AmazonBedrock; c != nil {
		p["region"] = c.Region
	}
	if c := m.GoogleCloudVertexAI; c != nil {
		p["project"], p["region"] = c.ProjectID, c.Region
	}
	return p
}

// configuredBase is the base URL that a model's own configuration names; empty for the provider's.
func configuredBase(m *api.ExternalModel) string {
	switch {
	case m.OpenAI != nil:
		return m.OpenAI.APIBase
	case m.Cohere != nil:
		return m.Cohere.APIBase
	case m.DatabricksModelServing != nil:
		return m.DatabricksModelServing.WorkspaceURL
	case m.Custom != nil:
		return m.Custom.URL
	}
	return ""
}
