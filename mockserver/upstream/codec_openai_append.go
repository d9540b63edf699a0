package upstream

import (
	"encoding/json"
	"strconv"

	"github.com/inference-iac/terraform-provider-inference/mockserver/fastjson"
)

// jsonAppender is a body that writes itself as encoding/json would.
type jsonAppender interface {
	appendJSON(b []byte) ([]byte, error)
}

// encodeBody writes the body of a request.
func encodeBody(body any) ([]byte, error) {
	if a, ok := body.(jsonAppender); ok {
		return a.appendJSON(make([]byte, 0, bodySize))
	}
	return json.Marshal(body)
}

// bodySize is what most requests fit in, in bytes.
const bodySize = 1 << 10

func (o *openAIBody) appendJSON(b []byte) ([]byte, error) {
	if o.Logprobs != nil || o.StreamOptions != nil && !o.StreamOptions.IncludeUsage {
		return json.Marshal(o)
	}
	b = append(b, '{')
	if o.Model != "" {
		b = append(fastjson.AppendText(append(b, `"model":`...), o.Model), ',')
	}
	for i, m := range o.Messages {
		b = append(b, [...]string{`"messages":[{"role":`, `,{"role":`}[min(i, 1)]...)
		b = fastjson.AppendText(append(fastjson.AppendText(b, m.Role), `,"content":`...), m.Content)
		b = append(b, '}')
	}
	if len(o.Messages) > 0 {
		b = append(b, "],"...)
	}
	if o.Prompt != nil {
		b = append(fastjson.AppendText(append(b, `"prompt":`...), *o.Prompt), ',')
	}
	b = appendCount(b, `"max_tokens":`, o.MaxTokens)
	b = appendCount(b, `"max_completion_tokens":`, o.MaxCompletion)
	b, err := appendNumber(append(b, `"temperature":`...), o.Temperature)
	if err == nil && o.TopP != nil {
		b, err = appendNumber(append(b, `,"top_p":`...), *o.TopP)
	}
	b = appendCount(append(b, ','), `"top_k":`, o.TopK)
	if o.Seed != nil {
		b = append(strconv.AppendInt(append(b, `"seed":`...), *o.Seed, 10), ',')
	}
	for i, s := range o.Stop {
		b = fastjson.AppendText(append(b, [...]string{`"stop":[`, `,`}[min(i, 1)]...), s)
	}
	if len(o.Stop) > 0 {
		b = append(b, "],"...)
	}
	b = appendCount(b, `"n":`, o.N)
	b = appendCount(b, `"top_logprobs":`, o.TopLogprobs)
	if o.Stream {
		b = append(b, `"stream":true,`...)
	}
	if o.StreamOptions != nil {
		b = append(b, `"stream_options":{"include_usage":true},`...)
	}
	b[len(b)-1] = '}'
	return b, err
}

func appendCount(b []byte, key string, n int) []byte {
	if n == 0 {
		return b
	}
	return append(strconv.AppendInt(append(b, key...), int64(n), 10), ',')
}

// appendNumber leaves the form of numbers to encoding/json, common ones apart.
func appendNumber(b []byte, f float64) ([]byte, error) {
	if f >= 0 && f < 1e6 && (f == 0 || f >= 1e-6) {
		return strconv.AppendFloat(b, f, 'f', -1, 64), nil
	}
	n, err := json.Marshal(f)
	return append(b, n...), err
}
