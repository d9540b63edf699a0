package conformance

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	goopenai "github.com/sashabaranov/go-openai"
)

// goOpenAI is the community's client.
func (w *world) goOpenAI() *goopenai.Client {
	c := goopenai.DefaultConfig(w.token)
	c.BaseURL = w.url + "/serving-endpoints"
	c.HTTPClient = &http.Client{Transport: w.transport}
	return goopenai.NewClientWithConfig(c)
}

func goChat() goopenai.ChatCompletionRequest {
	return goopenai.ChatCompletionRequest{Model: "chat", MaxTokens: 12, Messages: []goopenai.ChatCompletionMessage{
		{Role: goopenai.ChatMessageRoleSystem, Content: "You are brief."},
		{Role: goopenai.ChatMessageRoleUser, Content: "Hello"},
	}}
}

func TestGoOpenAIChat(t *testing.T) {
	t.Parallel()
	w := tasks(t)
	c := w.goOpenAI()
	seed := 7
	p := goChat()
	p.N, p.Temperature, p.TopP, p.Seed, p.Stop, p.LogProbs, p.TopLogProbs, p.User = 2, 0.5, 0.9, &seed, []string{"\n"}, true, 1, "ann"
	a := must(c.CreateChatCompletion(t.Context(), p))(t)
	equal(t, "choices", len(a.Choices), 2)
	equal(t, "role", a.Choices[0].Message.Role, goopenai.ChatMessageRoleAssistant)
	equal(t, "total tokens", a.Usage.TotalTokens, a.Usage.PromptTokens+a.Usage.CompletionTokens)
	equal(t, "served model", a.Header().Get("served-model-name"), "a")
	if a.Choices[1].Message.Content == "" || len(a.Choices[1].LogProbs.Content) == 0 {
		t.Errorf("choice: %+v", a.Choices[1])
	}
}

func TestGoOpenAIStream(t *testing.T) {
	t.Parallel()
	c := tasks(t).goOpenAI()
	seed := 7
	p := goChat()
	p.Seed = &seed
	whole := must(c.CreateChatCompletion(t.Context(), p))(t)
	p.StreamOptions = &goopenai.StreamOptions{IncludeUsage: true}
	stream := must(c.CreateChatCompletionStream(t.Context(), p))(t)
	defer func() { _ = stream.Close() }()
	var text strings.Builder
	var usage *goopenai.Usage
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		ok(t, err)
		if usage != nil {
			t.Errorf("a frame follows the usage: %+v", chunk)
		}
		for _, choice := range chunk.Choices {
			text.WriteString(choice.Delta.Content)
		}
		usage = chunk.Usage
	}
	equal(t, "text", text.String(), whole.Choices[0].Message.Content)
	if usage == nil || usage.TotalTokens != whole.Usage.TotalTokens {
		t.Errorf("usage: %+v, want %+v", usage, whole.Usage)
	}
}

func TestGoOpenAICompletionsAndEmbeddings(t *testing.T) {
	t.Parallel()
	c := tasks(t).goOpenAI()
	text := must(c.CreateCompletion(t.Context(), goopenai.CompletionRequest{Model: "write", Prompt: "Once", MaxTokens: 4, LogProbs: 1}))(t)
	if len(text.Choices) != 1 || text.Choices[0].Text == "" {
		t.Errorf("completion: %+v", text)
	}
	floats := must(c.CreateEmbeddings(t.Context(), goopenai.EmbeddingRequestStrings{Model: "embed", Input: []string{"one", "two"}}))(t)
	packed := must(c.CreateEmbeddings(t.Context(), goopenai.EmbeddingRequest{
		Model: "embed", Input: []string{"one", "two"}, EncodingFormat: goopenai.EmbeddingEncodingFormatBase64,
	}))(t)
	if len(floats.Data) != 2 || len(packed.Data) != 2 || len(floats.Data[1].Embedding) == 0 {
		t.Fatalf("embeddings: %+v and %+v", floats, packed)
	}
	for i, v := range floats.Data[1].Embedding {
		equal(t, "value", packed.Data[1].Embedding[i], v)
	}
}

func TestGoOpenAIErrors(t *testing.T) {
	t.Parallel()
	c := tasks(t).goOpenAI()
	p := goChat()
	p.Model = "none"
	_, err := c.CreateChatCompletion(t.Context(), p)
	var api *goopenai.APIError
	if !errors.As(err, &api) || api.HTTPStatusCode != http.StatusNotFound || api.Code != "ENDPOINT_NOT_FOUND" || !strings.Contains(api.Message, "none") {
		t.Errorf("got %v, want 404 ENDPOINT_NOT_FOUND", err)
	}
	_, err = c.CreateChatCompletionStream(t.Context(), p)
	if !errors.As(err, &api) || api.HTTPStatusCode != http.StatusNotFound {
		t.Errorf("streamed: got %v, want 404", err)
	}
}
