package conformance

import (
	"encoding/base64"
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// openAI is OpenAI's own client, as the product's documentation points it at a workspace.
func (w *world) openAI() openai.Client {
	return openai.NewClient(
		option.WithBaseURL(w.url+"/serving-endpoints"), option.WithAPIKey(w.token),
		option.WithHTTPClient(&http.Client{Transport: w.transport}), option.WithMaxRetries(1),
	)
}

// tasks is a server with an endpoint per task: chat, write, embed.
func tasks(t *testing.T) *world {
	t.Helper()
	w := start(t, mockserver.Options{Simulate: true})
	c := w.workspace(t)
	for name, model := range map[string][2]string{"chat": {llama, "1"}, "write": {writer, "3"}, "embed": {encoder, "1"}} {
		e := custom("a", model[1])
		e.EntityName = model[0]
		must(c.ServingEndpoints.CreateAndWait(t.Context(), endpoint(name, e)))(t)
	}
	return w
}

func chat() openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{Model: "chat", Messages: []openai.ChatCompletionMessageParamUnion{
		openai.SystemMessage("You are brief."), openai.UserMessage("Hello"),
	}}
}

func TestOpenAIChat(t *testing.T) {
	t.Parallel()
	c := tasks(t).openAI()
	p := chat()
	p.MaxTokens, p.N, p.Temperature, p.TopP, p.Seed = openai.Int(8), openai.Int(2), openai.Float(0.7), openai.Float(0.9), openai.Int(1)
	p.Logprobs, p.TopLogprobs = openai.Bool(true), openai.Int(2)
	p.Stop = openai.ChatCompletionNewParamsStopUnion{OfString: openai.String("\n")}
	var resp *http.Response
	a := must(c.Chat.Completions.New(t.Context(), p, option.WithResponseInto(&resp)))(t)
	equal(t, "served model", resp.Header.Get("Served-Model-Name"), "a")
	equal(t, "object", string(a.Object), "chat.completion")
	equal(t, "choices", len(a.Choices), 2)
	equal(t, "total tokens", a.Usage.TotalTokens, a.Usage.PromptTokens+a.Usage.CompletionTokens)
	for i, choice := range a.Choices {
		equal(t, "index", choice.Index, int64(i))
		equal(t, "role", string(choice.Message.Role), "assistant")
		if choice.Message.Content == "" || (choice.FinishReason != "stop" && choice.FinishReason != "length") || len(choice.Logprobs.Content) == 0 {
			t.Errorf("choice %d: %+v", i, choice)
		}
		for _, l := range choice.Logprobs.Content {
			if l.Logprob > 0 || math.IsNaN(l.Logprob) {
				t.Errorf("logprob %v of %q", l.Logprob, l.Token)
			}
		}
	}
	again := must(c.Chat.Completions.New(t.Context(), p))(t)
	equal(t, "the same seed", again.Choices[0].Message.Content, a.Choices[0].Message.Content)
}

func TestOpenAIMessageParts(t *testing.T) {
	t.Parallel()
	c := tasks(t).openAI()
	p := chat()
	p.MaxCompletionTokens = openai.Int(4)
	p.Messages = append(p.Messages, openai.AssistantMessage("Hello!"), openai.UserMessage([]openai.ChatCompletionContentPartUnionParam{
		openai.TextContentPart("How are"), openai.TextContentPart(" you?"),
	}))
	p.FrequencyPenalty, p.PresencePenalty, p.User = openai.Float(0), openai.Float(0), openai.String("ann")
	a := must(c.Chat.Completions.New(t.Context(), p))(t)
	if n := a.Usage.CompletionTokens; n < 1 || n > 4 {
		t.Errorf("%d tokens, at most 4 were asked for", n)
	}
}

func TestOpenAIStream(t *testing.T) {
	t.Parallel()
	c := tasks(t).openAI()
	p := chat()
	p.MaxTokens, p.Temperature = openai.Int(12), openai.Float(0)
	whole := must(c.Chat.Completions.New(t.Context(), p))(t)
	p.StreamOptions.IncludeUsage = openai.Bool(true)
	stream := c.Chat.Completions.NewStreaming(t.Context(), p)
	defer func() { _ = stream.Close() }()
	var all openai.ChatCompletionAccumulator
	var roles []string
	for stream.Next() {
		chunk := stream.Current()
		equal(t, "object", string(chunk.Object), "chat.completion.chunk")
		if !all.AddChunk(chunk) {
			t.Fatalf("the accumulator refuses %+v", chunk)
		}
		if len(chunk.Choices) > 0 && chunk.Choices[0].Delta.Role != "" {
			roles = append(roles, chunk.Choices[0].Delta.Role)
		}
	}
	ok(t, stream.Err())
	equal(t, "roles", strings.Join(roles, " "), "assistant")
	equal(t, "text", all.Choices[0].Message.Content, whole.Choices[0].Message.Content)
	equal(t, "finish reason", all.Choices[0].FinishReason, whole.Choices[0].FinishReason)
	equal(t, "usage", all.Usage.TotalTokens, whole.Usage.TotalTokens)
}

func TestOpenAICompletions(t *testing.T) {
	t.Parallel()
	c := tasks(t).openAI()
	p := openai.CompletionNewParams{
		Model: "write", Prompt: openai.CompletionNewParamsPromptUnion{OfArrayOfStrings: []string{"Once", "Twice"}},
		MaxTokens: openai.Int(5), Temperature: openai.Float(0), Logprobs: openai.Int(2),
	}
	a := must(c.Completions.New(t.Context(), p))(t)
	equal(t, "object", string(a.Object), "text_completion")
	equal(t, "choices", len(a.Choices), 2)
	l := a.Choices[0].Logprobs
	equal(t, "tokens", strings.Join(l.Tokens, ""), a.Choices[0].Text)
	if n := len(l.Tokens); n == 0 || len(l.TokenLogprobs) != n || len(l.TopLogprobs) != n {
		t.Errorf("logprobs: %s", l.RawJSON())
	}
	p.Prompt = openai.CompletionNewParamsPromptUnion{OfString: openai.String("Once")}
	stream := c.Completions.NewStreaming(t.Context(), p)
	defer func() { _ = stream.Close() }()
	var text strings.Builder
	for stream.Next() {
		text.WriteString(stream.Current().Choices[0].Text)
	}
	ok(t, stream.Err())
	equal(t, "text", text.String(), a.Choices[0].Text)
}

func TestOpenAIEmbeddings(t *testing.T) {
	t.Parallel()
	c := tasks(t).openAI()
	p := openai.EmbeddingNewParams{Model: "embed", Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"one", "two"}}}
	a := must(c.Embeddings.New(t.Context(), p))(t)
	equal(t, "vectors", len(a.Data), 2)
	equal(t, "index", a.Data[1].Index, int64(1))
	equal(t, "usage", a.Usage.TotalTokens, a.Usage.PromptTokens)
	if len(a.Data[0].Embedding) == 0 {
		t.Fatal("no vector")
	}
	// OpenAI's Python client asks for base64 unless told otherwise.
	p.EncodingFormat = openai.EmbeddingNewParamsEncodingFormatBase64
	var raw struct {
		Data []struct {
			Embedding string `json:"embedding"`
		} `json:"data"`
	}
	ok(t, c.Post(t.Context(), "embeddings", p, &raw))
	bytes := must(base64.StdEncoding.DecodeString(raw.Data[0].Embedding))(t)
	equal(t, "bytes", len(bytes), 4*len(a.Data[0].Embedding))
}

func TestOpenAIErrors(t *testing.T) {
	t.Parallel()
	w := tasks(t)
	c := w.openAI()
	for what, want := range map[string]struct {
		change func(*openai.ChatCompletionNewParams)
		status int
		code   string
	}{
		"a missing endpoint": {func(p *openai.ChatCompletionNewParams) { p.Model = "none" }, http.StatusNotFound, "ENDPOINT_NOT_FOUND"},
		"a bad temperature":  {func(p *openai.ChatCompletionNewParams) { p.Temperature = openai.Float(3) }, http.StatusBadRequest, "INVALID_PARAMETER_VALUE"},
		"another task":       {func(p *openai.ChatCompletionNewParams) { p.Model = "embed" }, http.StatusBadRequest, "BAD_REQUEST"},
	} {
		p := chat()
		want.change(&p)
		_, err := c.Chat.Completions.New(t.Context(), p)
		var api *openai.Error
		if !errors.As(err, &api) || api.StatusCode != want.status || api.Code != want.code || api.Message == "" || api.Type != "invalid_request_error" {
			t.Errorf("%s: got %v, want %d %s", what, err, want.status, want.code)
		}
		// A stream is refused with the same status, before any frame.
		stream := c.Chat.Completions.NewStreaming(t.Context(), p)
		if stream.Next() || !errors.As(stream.Err(), &api) || api.StatusCode != want.status {
			t.Errorf("%s, streamed: got %v, want %d", what, stream.Err(), want.status)
		}
	}
	w.ResetRequests()
	w.Fault(mockserver.Fault{Route: "chat_completions", Status: http.StatusTooManyRequests, Times: 1})
	must(c.Chat.Completions.New(t.Context(), chat()))(t)
	equal(t, "429s", w.statuses("chat_completions")[http.StatusTooManyRequests], 1)
}
