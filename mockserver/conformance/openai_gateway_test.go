package conformance

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/databricks/databricks-sdk-go/service/serving"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

// behind is a server whose endpoint chat asks a provider on this machine.
func behind(t *testing.T, provider http.HandlerFunc) *world {
	t.Helper()
	back := httptest.NewServer(provider)
	t.Cleanup(back.Close)
	config := must(upstream.ParseConfig("engines.yaml", []byte("external:\n  allow: [127.0.0.1/32]\n")))(t)
	w := start(t, mockserver.Options{External: true, Engines: must(config.Open(time.Now))(t)})
	w.PutSecret(w.token, "s", "k", "sk-provider")
	e := serving.ServedEntityInput{Name: "a", ExternalModel: &serving.ExternalModel{
		Name: "m", Provider: serving.ExternalModelProviderCustom, Task: "llm/v1/chat",
		CustomProviderConfig: &serving.CustomProviderConfig{
			CustomProviderUrl: back.URL + "/v1", BearerTokenAuth: &serving.BearerTokenAuth{Token: "{{secrets/s/k}}"},
		},
	}}
	must(must(w.workspace(t).ServingEndpoints.Create(t.Context(), endpoint("chat", e)))(t).Get())(t)
	return w
}

// A provider that breaks off within a stream is an error to the client, and not the end.
func TestOpenAIStreamBreaks(t *testing.T) {
	t.Parallel()
	c := behind(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half\"}}]}\n\n")
	}).openAI()
	stream := c.Chat.Completions.NewStreaming(t.Context(), chat())
	defer func() { _ = stream.Close() }()
	text := ""
	for stream.Next() {
		text += stream.Current().Choices[0].Delta.Content
	}
	if stream.Err() == nil || text != "half" {
		t.Errorf("got %q and %v", text, stream.Err())
	}
}

// A provider's limit reaches the client with its Retry-After, and the client tries again.
func TestOpenAIRetriesAProvidersLimit(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 2)
	c := behind(t, func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		if len(asked) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = io.WriteString(w, `{"choices":[{"index":0,"message":{"content":"done"},"finish_reason":"stop"}]}`)
	}).openAI()
	before := time.Now()
	a := must(c.Chat.Completions.New(t.Context(), chat()))(t)
	equal(t, "text", a.Choices[0].Message.Content, "done")
	equal(t, "requests", len(asked), 2)
	if waited := time.Since(before); waited < time.Second {
		t.Errorf("the client waited for %s only", waited)
	}
}
