package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress/egresstest"
)

// places are the external models whose configuration names a place that is asked with a key.
func places(url string) map[string]ExternalConfig {
	chat := func(m api.ExternalModel) ExternalConfig {
		m.Name, m.Task = "m", api.TaskChat
		return ExternalConfig{Name: "e", Model: &m}
	}
	all := map[string]ExternalConfig{
		"openai":     chat(api.ExternalModel{Provider: "openai", OpenAI: &api.OpenAIConfig{APIBase: url}}),
		"azure":      chat(api.ExternalModel{Provider: "openai", OpenAI: &api.OpenAIConfig{APIType: "azure", APIBase: url, DeploymentName: "d", APIVersion: "1"}}),
		"cohere":     chat(api.ExternalModel{Provider: "cohere", Cohere: &api.CohereConfig{APIBase: url}}),
		"databricks": chat(api.ExternalModel{Provider: "databricks-model-serving", DatabricksModelServing: &api.DatabricksModelServingConfig{WorkspaceURL: url}}),
		"custom":     chat(api.ExternalModel{Provider: "custom", Custom: &api.CustomProviderConfig{URL: url, BearerTokenAuth: &api.BearerTokenAuth{}}}),
		"header":     chat(api.ExternalModel{Provider: "custom", Custom: &api.CustomProviderConfig{URL: url, APIKeyAuth: &api.APIKeyAuth{Key: "X-Key"}}}),
	}
	for name, m := range map[string]api.ExternalModel{
		"anthropic": {Provider: "anthropic", Anthropic: &api.AnthropicConfig{}},
		"ai21":      {Provider: "ai21labs", AI21Labs: &api.AI21LabsConfig{}},
		"palm":      {Provider: "palm", PaLM: &api.PaLMConfig{}},
		"bedrock":   {Provider: "amazon-bedrock", AmazonBedrock: &api.AmazonBedrockConfig{Region: "us-east-1", Provider: "anthropic"}},
	} {
		c := chat(m)
		c.BaseURL = url
		all[name] = c
	}
	entra := chat(api.ExternalModel{Provider: "openai", OpenAI: &api.OpenAIConfig{
		APIType: "azuread", APIBase: "https://models.example.com", DeploymentName: "d", EntraTenantID: "t", EntraClientID: "c",
	}})
	entra.TokenURL = url
	google := chat(api.ExternalModel{Provider: "google-cloud-vertex-ai", GoogleCloudVertexAI: &api.GoogleCloudVertexAIConfig{ProjectID: "p", Region: "us-central1"}})
	google.TokenURL = url
	all["entra's tokens"], all["google's tokens"] = entra, google
	return all
}

// askAt configures a model, if the policy lets it, and asks it.
func askAt(ctx context.Context, c ExternalConfig, p egress.Policy, account string) error {
	x, err := NewExternal(c, Options{Policy: p})
	if err != nil {
		return err
	}
	defer x.Close()
	_, err = x.Generate(ctx, Request{Messages: []api.ChatMessage{{Role: "user", Content: "Hi"}}}, func(_ context.Context, name string) (string, error) {
		if name == "private_key" {
			return account, nil
		}
		return "sk-secret", nil
	})
	return err
}

// Whoever may create endpoints may name a place; the keys of its secrets must not reach a place that is not public.
func TestKeysReachNoForbiddenPlace(t *testing.T) {
	s, account := egresstest.NewSink(t), serviceAccount(t)
	for _, host := range []string{"127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "localhost", "169.254.169.254"} {
		for name, c := range places("http://" + host + ":" + s.Port) {
			if err := askAt(t.Context(), c, egress.Policy{}, account); !errors.Is(err, ErrForbidden) {
				t.Errorf("%s at %s: %v", name, host, err)
			}
		}
	}
	if n, heard := s.Close(); n != 0 {
		t.Errorf("%d connections, which said %q", n, heard)
	}
}

// A provider that redirects, and a shop of tokens that does, gets no key sent on.
func TestKeysFollowNoRedirect(t *testing.T) {
	s, account := egresstest.NewSink(t), serviceAccount(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		asked := make(chan string, len(places("")))
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			asked <- fmt.Sprint(r.Header, string(body))
			http.Redirect(w, r, "http://127.0.0.1:"+s.Port+r.URL.Path, status)
		}))
		for name, c := range places(front.URL) {
			err := askAt(t.Context(), c, egress.Local(), account)
			if err == nil || errors.Is(err, ErrForbidden) {
				t.Errorf("%s, %d: %v", name, status, err)
			}
			if strings.Contains(fmt.Sprint(err), "sk-secret") {
				t.Errorf("%s, %d: the error holds the key: %v", name, status, err)
			}
			select {
			case <-asked:
			default:
				t.Errorf("%s, %d: nobody asked", name, status)
			}
		}
		front.Close()
	}
	if n, heard := s.Close(); n != 0 {
		t.Errorf("%d connections, which said %q", n, heard)
	}
}
