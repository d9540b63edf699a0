package conformance

import (
	"net/http"
	"testing"

	databricks "github.com/databricks/databricks-sdk-go"
	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/service/serving"
	"github.com/databricks/databricks-sdk-go/service/workspace"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

func TestDatabricksOAuth(t *testing.T) {
	t.Parallel()
	w := start(t, mockserver.Options{Tokens: map[string]string{"conformance": "robot"}})
	c := w.configured(t, &databricks.Config{ClientID: "robot", ClientSecret: w.token, AuthType: "oauth-m2m"})
	must(c.ServingEndpoints.CreateAndWait(t.Context(), endpoint("e", custom("a", "1"))))(t)
	equal(t, "tokens asked for", w.statuses("oidc_token")[http.StatusOK], 1)
	// The workspace is that of the token: what one way of authentication made, the other sees.
	must(w.workspace(t).ServingEndpoints.GetByName(t.Context(), "e"))(t)

	bad := w.configured(t, &databricks.Config{ClientID: "robot", ClientSecret: "wrong", AuthType: "oauth-m2m"})
	if _, err := bad.ServingEndpoints.GetByName(t.Context(), "e"); err == nil {
		t.Error("a wrong secret is accepted")
	}
}

func TestDatabricksWorkspace(t *testing.T) {
	t.Parallel()
	w := start(t, mockserver.Options{})
	c := w.workspace(t)
	id := must(c.CurrentWorkspaceID(t.Context()))(t)
	if id <= 0 {
		t.Errorf("workspace id %d", id)
	}
	equal(t, "id", must(w.workspace(t).CurrentWorkspaceID(t.Context()))(t), id)
	equal(t, "host metadata asked for", w.statuses("databricks_config")[http.StatusOK] > 0, true)
}

func TestDatabricksOptimizationInfo(t *testing.T) {
	t.Parallel()
	w := start(t, mockserver.Options{})
	c := must(client.New(w.workspace(t).Config))(t)
	var info struct {
		Optimizable         bool   `json:"optimizable"`
		ModelType           string `json:"model_type"`
		ThroughputChunkSize int    `json:"throughput_chunk_size"`
	}
	path := "/api/2.0/serving-endpoints/get-model-optimization-info/" + llama
	ok(t, c.Do(t.Context(), http.MethodGet, path+"/1", nil, nil, nil, &info))
	if !info.Optimizable || info.ModelType != "llama" || info.ThroughputChunkSize != 980 {
		t.Errorf("%+v", info)
	}
	err := c.Do(t.Context(), http.MethodGet, path+"/99", nil, nil, nil, &info)
	refused(t, "an unknown version", err, apierr.ErrNotFound, http.StatusNotFound, "99")
}

func TestDatabricksSecrets(t *testing.T) {
	t.Parallel()
	w := start(t, mockserver.Options{Simulate: true})
	ctx, c := t.Context(), w.workspace(t)
	external := endpoint("e", serving.ServedEntityInput{Name: "gpt", ExternalModel: &serving.ExternalModel{
		Name: "gpt-4o", Provider: serving.ExternalModelProviderOpenai, Task: "llm/v1/chat",
		OpenaiConfig: &serving.OpenAiConfig{OpenaiApiKey: "{{secrets/keys/openai}}"},
	}})
	e := must(c.ServingEndpoints.CreateAndWait(ctx, external))(t)
	equal(t, "reference", e.Config.ServedEntities[0].ExternalModel.OpenaiConfig.OpenaiApiKey, "{{secrets/keys/openai}}")
	ask := func() error {
		_, err := c.ServingEndpoints.Query(ctx, query("e"))
		return err
	}
	refused(t, "no such secret", ask(), apierr.ErrBadRequest, http.StatusBadRequest, "keys")

	ok(t, c.Secrets.CreateScope(ctx, workspace.CreateScope{Scope: "keys"}))
	refused(t, "the same scope", c.Secrets.CreateScope(ctx, workspace.CreateScope{Scope: "keys"}), apierr.ErrResourceAlreadyExists, 0, "keys")
	ok(t, c.Secrets.PutSecret(ctx, workspace.PutSecret{Scope: "keys", Key: "openai", StringValue: "sk-secret"}))
	ok(t, ask())

	scopes := must(c.Secrets.ListScopesAll(ctx))(t)
	if len(scopes) != 1 || scopes[0].Name != "keys" || scopes[0].BackendType != workspace.ScopeBackendTypeDatabricks {
		t.Errorf("scopes: %+v", scopes)
	}
	keys := must(c.Secrets.ListSecretsAll(ctx, workspace.ListSecretsRequest{Scope: "keys"}))(t)
	if len(keys) != 1 || keys[0].Key != "openai" || keys[0].LastUpdatedTimestamp < 1e12 {
		t.Errorf("keys: %+v", keys)
	}
	// The server never tells a secret: it has no route for that, on purpose.
	w.unknown = append(w.unknown, "GET /api/2.0/secrets/get")
	_, err := c.Secrets.GetSecret(ctx, workspace.GetSecretRequest{Scope: "keys", Key: "openai"})
	refused(t, "reading a secret", err, apierr.ErrNotFound, http.StatusNotFound, "")

	ok(t, c.Secrets.DeleteSecret(ctx, workspace.DeleteSecret{Scope: "keys", Key: "openai"}))
	err = c.Secrets.DeleteSecret(ctx, workspace.DeleteSecret{Scope: "keys", Key: "openai"})
	refused(t, "a deleted key", err, apierr.ErrResourceDoesNotExist, http.StatusNotFound, "openai")
	refused(t, "a query without the key", ask(), apierr.ErrBadRequest, http.StatusBadRequest, "openai")
	ok(t, c.Secrets.DeleteScope(ctx, workspace.DeleteScope{Scope: "keys"}))
	refused(t, "a deleted scope", ask(), apierr.ErrBadRequest, http.StatusBadRequest, "keys")
}
