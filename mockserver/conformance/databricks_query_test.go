package conformance

import (
	"encoding/json"
	"testing"

	"github.com/databricks/databricks-sdk-go/service/serving"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

func hello() []serving.ChatMessage {
	return []serving.ChatMessage{
		{Role: serving.ChatMessageRoleSystem, Content: "You are brief."},
		{Role: serving.ChatMessageRoleUser, Content: "Hello"},
	}
}

func query(name string) serving.QueryEndpointInput {
	return serving.QueryEndpointInput{Name: name, Messages: hello()}
}

func TestDatabricksQuery(t *testing.T) {
	t.Parallel()
	c := start(t, mockserver.Options{}).workspace(t)
	ctx := t.Context()
	for name, model := range map[string][2]string{"chat": {llama, "1"}, "write": {writer, "3"}, "embed": {encoder, "1"}} {
		must(c.ServingEndpoints.CreateAndWait(ctx, endpoint(name, serving.ServedEntityInput{
			Name: "a", EntityName: model[0], EntityVersion: model[1], WorkloadSize: "Small", ScaleToZeroEnabled: true,
		})))(t)
	}

	chat := must(c.ServingEndpoints.Query(ctx, serving.QueryEndpointInput{
		Name: "chat", Messages: hello(), MaxTokens: 8, N: 2, Temperature: 0.5, Stop: []string{"\n"},
		ClientRequestId: "r-1", UsageContext: map[string]string{"team": "ml"}, ExtraParams: map[string]string{"top_k": "3"},
	}))(t)
	equal(t, "object", chat.Object, serving.QueryEndpointResponseObjectChatCompletion)
	equal(t, "choices", len(chat.Choices), 2)
	equal(t, "role", chat.Choices[1].Message.Role, serving.ChatMessageRoleAssistant)
	equal(t, "served model", chat.ServedModelName, "a")
	equal(t, "total tokens", chat.Usage.TotalTokens, chat.Usage.PromptTokens+chat.Usage.CompletionTokens)
	if chat.Id == "" || chat.Created == 0 || chat.Usage.CompletionTokens == 0 || chat.Usage.CompletionTokens > 16 {
		t.Errorf("chat: %+v, usage %+v", chat, chat.Usage)
	}

	text := must(c.ServingEndpoints.Query(ctx, serving.QueryEndpointInput{
		Name: "write", Prompt: []string{"Once", "Twice"}, MaxTokens: 4,
	}))(t)
	equal(t, "object", text.Object, serving.QueryEndpointResponseObjectTextCompletion)
	equal(t, "choices", len(text.Choices), 2)
	equal(t, "index", text.Choices[1].Index, 1)

	vectors := must(c.ServingEndpoints.Query(ctx, serving.QueryEndpointInput{Name: "embed", Input: []string{"one", "two"}}))(t)
	equal(t, "object", vectors.Object, serving.QueryEndpointResponseObjectList)
	equal(t, "vectors", len(vectors.Data), 2)
	if len(vectors.Data[1].Embedding) == 0 || vectors.Data[1].Index != 1 || vectors.Data[0].Object != "embedding" {
		t.Errorf("embeddings: %+v", vectors.Data)
	}
}

func TestDatabricksQueryShapes(t *testing.T) {
	t.Parallel()
	c := start(t, mockserver.Options{}).workspace(t)
	ctx := t.Context()
	must(c.ServingEndpoints.CreateAndWait(ctx, endpoint("e", throughput("a"))))(t)
	for shape, q := range map[string]serving.QueryEndpointInput{
		"records":   {DataframeRecords: []any{map[string]any{"prompt": "Hello"}}},
		"split":     {DataframeSplit: &serving.DataframeSplitInput{Index: []int{0}, Columns: []any{"prompt"}, Data: []any{[]any{"Hello"}}}},
		"instances": {Instances: []any{map[string]any{"prompt": "Hello"}}},
		"inputs":    {Inputs: map[string]any{"prompt": []string{"Hello"}}},
	} {
		q.Name = "e"
		answer, err := c.ServingEndpoints.Query(ctx, q)
		if err != nil {
			t.Errorf("%s: %v", shape, err)
			continue
		}
		var predictions []struct {
			Candidates []struct {
				Text string `json:"text"`
			} `json:"candidates"`
		}
		ok(t, json.Unmarshal(must(json.Marshal(answer.Predictions))(t), &predictions))
		if len(predictions) != 1 || len(predictions[0].Candidates) != 1 || predictions[0].Candidates[0].Text == "" {
			t.Errorf("%s: %+v", shape, answer.Predictions)
		}
	}
}
