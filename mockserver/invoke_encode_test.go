package mockserver

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// Whatever an answer says, its bytes are those of encoding/json.
func TestAppendCompletion(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "<a&b>", "\xff", "\u2028", "é\n\""}))
	choice := rapid.Custom(func(t *rapid.T) api.Choice {
		c := api.Choice{Index: rapid.IntRange(0, 5).Draw(t, "index")}
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			c.Message = &api.ChatMessage{Role: "assistant", Content: text.Draw(t, "content")}
		case 1:
			c.Delta = &api.Delta{Role: rapid.SampledFrom([]string{"", "assistant"}).Draw(t, "role"), Content: text.Draw(t, "content")}
		case 2:
			s := text.Draw(t, "text")
			c.Text = &s
		}
		if rapid.Bool().Draw(t, "logprobs") {
			c.Logprobs = &api.ChoiceLogprobs{Content: []api.TokenLogprob{{Token: text.Draw(t, "token"), Logprob: -rapid.Float64Range(0, 1e9).Draw(t, "logprob"), Bytes: []int{1}}}}
		}
		if rapid.Bool().Draw(t, "finished") {
			s := text.Draw(t, "finish")
			c.FinishReason = &s
		}
		return c
	})
	rapid.Check(t, func(t *rapid.T) {
		c := api.Completion{
			ID: text.Draw(t, "id"), Object: text.Draw(t, "object"), Created: rapid.Int64().Draw(t, "created"), Model: text.Draw(t, "model"),
			Choices: rapid.SliceOfN(choice, 0, 3).Draw(t, "choices"),
		}
		if rapid.Bool().Draw(t, "usage") {
			c.Usage = &api.Usage{PromptTokens: rapid.Int().Draw(t, "prompt"), CompletionTokens: 2, TotalTokens: 3}
		}
		want, err := json.Marshal(c)
		if got := appendCompletion(nil, &c); err != nil || string(got) != string(want) {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}
