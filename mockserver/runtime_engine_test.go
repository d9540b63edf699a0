package mockserver

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// TestEngineAnswers: the embedded model really answers, the same text whole and streamed.
func TestEngineAnswers(t *testing.T) {
	s := New(Options{})
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	c := call(t, s)
	c.ok("POST", api.PathEndpoints, create("e", pt))
	chat := `"messages":[{"role":"user","content":"Hello"}],"max_tokens":8,"temperature":0,"logprobs":true,"top_logprobs":2}`
	var whole api.Completion
	parse(t, c.ok("POST", api.InvocationsPath("e"), `{`+chat), &whole)
	if len(whole.Choices) != 1 || whole.Choices[0].Message.Content == "" || whole.Usage.CompletionTokens != 8 || whole.Choices[0].Logprobs == nil {
		t.Errorf("chat: %+v", whole)
	}
	var text strings.Builder
	frames := strings.Split(strings.TrimSpace(c.ok("POST", api.InvocationsPath("e"), `{"stream":true,`+chat)), "\n\n")
	for _, f := range frames[:len(frames)-1] {
		var chunk api.Completion
		if err := json.Unmarshal([]byte(strings.TrimPrefix(f, "data: ")), &chunk); err != nil {
			t.Fatal(err)
		}
		text.WriteString(chunk.Choices[0].Delta.Content)
	}
	if last := frames[len(frames)-1]; last != "data: [DONE]" || text.String() != whole.Choices[0].Message.Content {
		t.Errorf("stream ends with %q and says %q, the whole %q", last, text.String(), whole.Choices[0].Message.Content)
	}
	c.refused("POST", api.InvocationsPath("e"), `{"prompt":"`+strings.Repeat("long ", 20000)+`"}`, http.StatusBadRequest, api.CodeBadRequest, "prompt is too long")

	c.ok("POST", api.PathEndpoints, create("g", strings.Replace(strings.Replace(pt, "foundation-model", "gte-large", 1), `"3"`, `"1"`, 1)))
	var vectors api.Embeddings
	parse(t, c.ok("POST", api.InvocationsPath("g"), `{"input":["a","b"]}`), &vectors)
	if len(vectors.Data) != 2 || len(vectors.Data[0].Embedding) == 0 || vectors.Usage.PromptTokens == 0 {
		t.Errorf("embeddings: %+v", vectors)
	}
}

func TestMissingCheckpoint(t *testing.T) {
	s := New(Options{Models: []Model{{Name: "a.b.c", Version: "1", Optimizable: true, Dir: t.TempDir()}}})
	c := call(t, s)
	c.ok("POST", api.PathEndpoints, create("e", `{"entity_name":"a.b.c","entity_version":"1","workload_size":"Small"}`))
	c.refused("POST", api.InvocationsPath("e"), `{"prompt":"x"}`, http.StatusInternalServerError, api.CodeInternal, "could not be loaded")
}
