package mockserver

import (
	"encoding/json"
	"strconv"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/fastjson"
)

// appendCompletion writes an answer, or one frame of its stream, as encoding/json does.
func appendCompletion(b []byte, c *api.Completion) []byte {
	b = fastjson.AppendText(append(b, `{"id":`...), c.ID)
	b = fastjson.AppendText(append(b, `,"object":`...), c.Object)
	b = strconv.AppendInt(append(b, `,"created":`...), c.Created, 10)
	b = fastjson.AppendText(append(b, `,"model":`...), c.Model)
	b = append(b, `,"choices":[`...)
	for i := range c.Choices {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendChoice(b, &c.Choices[i])
	}
	b = append(b, ']')
	if u := c.Usage; u != nil {
		b = strconv.AppendInt(append(b, `,"usage":{"prompt_tokens":`...), int64(u.PromptTokens), 10)
		b = strconv.AppendInt(append(b, `,"completion_tokens":`...), int64(u.CompletionTokens), 10)
		b = strconv.AppendInt(append(b, `,"total_tokens":`...), int64(u.TotalTokens), 10)
		b = append(b, '}')
	}
	return append(b, '}')
}

func appendChoice(b []byte, c *api.Choice) []byte {
	b = strconv.AppendInt(append(b, `{"index":`...), int64(c.Index), 10)
	if m := c.Message; m != nil {
		b = fastjson.AppendText(append(b, `,"message":{"role":`...), m.Role)
		b = fastjson.AppendText(append(b, `,"content":`...), m.Content)
		b = append(b, '}')
	}
	if d := c.Delta; d != nil {
		b = append(b, `,"delta":{`...)
		if d.Role != "" {
			b = append(fastjson.AppendText(append(b, `"role":`...), d.Role), ',')
		}
		b = append(fastjson.AppendText(append(b, `"content":`...), d.Content), '}')
	}
	if c.Text != nil {
		b = fastjson.AppendText(append(b, `,"text":`...), *c.Text)
	}
	if c.Logprobs != nil {
		b = append(append(b, `,"logprobs":`...), marshal(c.Logprobs)...)
	}
	b = append(b, `,"finish_reason":`...)
	if c.FinishReason == nil {
		return append(b, `null}`...)
	}
	return append(fastjson.AppendText(b, *c.FinishReason), '}')
}

// marshal is encoding/json for what is rare: null for numbers that JSON does not have.
func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("null")
	}
	return b
}
