package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// ServedModelHeader names the served entity that answered an invocation.
const ServedModelHeader = "served-model-name"

// The headers that tell of an invocation's way, in their canonical form. Server-Timing (W3C) has the metrics gateway
// and upstream, in milliseconds.
const (
	// FallbackHeader lists the served entities that failed before one answered, each with its status and error code,
	// as an RFC 9651 list: "name";status=429;code="REQUEST_LIMIT_EXCEEDED". It is there only after a fallback.
	FallbackHeader = "Served-Model-Fallback"
)

// Invocation is the body of an invocation. Custom models take exactly one of the four pandas or tensor
// shapes, with Params; language models take Messages (chat), Prompt (completions) or Input (embeddings).
// Model names the endpoint on the OpenAI routes.
type Invocation struct {
	DataframeSplit   *DataframeSplit   `json:"dataframe_split,omitempty"`
	DataframeRecords []json.RawMessage `json:"dataframe_records,omitempty"`
	Instances        json.RawMessage   `json:"instances,omitempty"`
	Inputs           json.RawMessage   `json:"inputs,omitempty"`
	Params           *Params           `json:"params,omitempty"`

	Model    string        `json:"model,omitempty"`
	Messages []ChatMessage `json:"messages,omitempty"`
	Prompt   *StringList   `json:"prompt,omitempty"`
	Input    *StringList   `json:"input,omitempty"`

	Generation
	Stream          bool              `json:"stream,omitempty"`
	StreamOptions   *StreamOptions    `json:"stream_options,omitempty"`
	ClientRequestID string            `json:"client_request_id,omitempty"`
	UsageContext    map[string]string `json:"usage_context,omitempty"`
	ExtraParams     map[string]string `json:"extra_params,omitempty"`

	// What OpenAI's clients send beyond the API's own reference.
	MaxCompletionTokens *int     `json:"max_completion_tokens,omitempty"` // the newer name of max_tokens
	FrequencyPenalty    *float64 `json:"frequency_penalty,omitempty"`
	PresencePenalty     *float64 `json:"presence_penalty,omitempty"`
	User                string   `json:"user,omitempty"`
	EncodingFormat      string   `json:"encoding_format,omitempty"` // of embeddings: float or base64
}

// Generation holds the sampling parameters that all language tasks share.
type Generation struct {
	MaxTokens   *int        `json:"max_tokens,omitempty"`
	Temperature *float64    `json:"temperature,omitempty"` // 0 to 2, default 1; 0 is greedy
	TopP        *float64    `json:"top_p,omitempty"`
	TopK        *int        `json:"top_k,omitempty"`
	Stop        *StringList `json:"stop,omitempty"`
	N           *int        `json:"n,omitempty"` // 1 to 5, default 1
	Seed        *int64      `json:"seed,omitempty"`
	Logprobs    *Logprobs   `json:"logprobs,omitempty"`
	TopLogprobs *int        `json:"top_logprobs,omitempty"`
}

// Params stands beside the pandas and tensor shapes; CandidateCount is their word for N.
type Params struct {
	Generation
	CandidateCount *int `json:"candidate_count,omitempty"`
}

// StreamOptions asks for usage in the last frame of a stream.
type StreamOptions struct {
	IncludeUsage bool `json:"include_usage,omitempty"`
}

// ChatMessage is one turn of a chat; roles are system, user and assistant.
type ChatMessage struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// UnmarshalJSON accepts content as a string, as null, and as a list of text parts, whose texts are joined.
// Other fields of a message, as servers add them, are skipped.
func (m *ChatMessage) UnmarshalJSON(b []byte) error {
	var wire struct {
		Role    string      `json:"role"`
		Content messageText `json:"content"`
	}
	if err := json.Unmarshal(b, &wire); err != nil {
		return err
	}
	*m = ChatMessage{Role: wire.Role, Content: string(wire.Content)}
	return nil
}

// messageText is the content of a message.
type messageText string

// UnmarshalJSON takes a plain string as it is: it is what nearly every message holds.
func (t *messageText) UnmarshalJSON(b []byte) error {
	if len(b) > 1 && b[0] == '"' && bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b) {
		*t = messageText(b[1 : len(b)-1])
		return nil
	}
	if len(b) == 0 || b[0] != '[' {
		return json.Unmarshal(b, (*string)(t))
	}
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	*t = ""
	for _, p := range parts {
		if p.Type != "text" {
			return fmt.Errorf("content part of type %q is not text", p.Type)
		}
		*t += messageText(p.Text)
	}
	return nil
}

// DataframeSplit is a pandas data frame in split orientation: Data[i][j] stands in row i, column j.
type DataframeSplit struct {
	Index   []json.RawMessage   `json:"index,omitempty"`
	Columns []string            `json:"columns"`
	Data    [][]json.RawMessage `json:"data"`
}

// Predictions is the answer of a custom model and, with candidates, of the optimised-LLM format.
type Predictions struct {
	Predictions []Prediction        `json:"predictions"`
	Metadata    *PredictionMetadata `json:"metadata,omitempty"`
}

// Prediction holds the candidates for one input row.
type Prediction struct {
	Candidates []Candidate `json:"candidates"`
}

// Candidate is one generated text.
type Candidate struct {
	Text     string            `json:"text"`
	Metadata CandidateMetadata `json:"metadata"`
}

// CandidateMetadata says why a candidate ended.
type CandidateMetadata struct {
	FinishReason string `json:"finish_reason"`
}

// PredictionMetadata counts the tokens of all rows.
type PredictionMetadata struct {
	InputTokens  int `json:"input_tokens"`
	OutputTokens int `json:"output_tokens"`
	TotalTokens  int `json:"total_tokens"`
}

// Completion is the answer to chat and completions, and one frame of their streams.
type Completion struct {
	ID      string   `json:"id"`
	Object  string   `json:"object"` // chat.completion, chat.completion.chunk or text_completion
	Created int64    `json:"created"`
	Model   string   `json:"model"`
	Choices []Choice `json:"choices"`
	Usage   *Usage   `json:"usage,omitempty"`
}

// Choice is one of n answers: Message in a chat, Delta in a frame of a streamed chat, Text in a completion.
type Choice struct {
	Index        int             `json:"index"`
	Message      *ChatMessage    `json:"message,omitempty"`
	Delta        *Delta          `json:"delta,omitempty"`
	Text         *string         `json:"text,omitempty"`
	Logprobs     *ChoiceLogprobs `json:"logprobs,omitempty"`
	FinishReason *string         `json:"finish_reason"` // null while a stream runs
}

// Delta is what a frame adds to a message.
type Delta struct {
	Role    string `json:"role,omitempty"`
	Content string `json:"content"`
}

// ChoiceLogprobs holds one element per token: of a chat in Content, of a completion in lists of the same length, as
// OpenAI's API has it.
type ChoiceLogprobs struct {
	Content       []TokenLogprob       `json:"content,omitempty"`
	Tokens        []string             `json:"tokens,omitempty"`
	TokenLogprobs []float64            `json:"token_logprobs,omitempty"`
	TopLogprobs   []map[string]float64 `json:"top_logprobs,omitempty"` // by token
}

// TokenLogprob is a token, its bytes and its natural-log probability.
type TokenLogprob struct {
	Token       string         `json:"token"`
	Logprob     float64        `json:"logprob"`
	Bytes       []int          `json:"bytes"`
	TopLogprobs []TokenLogprob `json:"top_logprobs,omitempty"`
}

// Embeddings is the answer to an embeddings request.
type Embeddings struct {
	Object string      `json:"object"` // list
	Model  string      `json:"model,omitempty"`
	Data   []Embedding `json:"data"`
	Usage  *Usage      `json:"usage,omitempty"`
}

// Embedding is the vector of one input.
type Embedding struct {
	Object    string    `json:"object"` // embedding
	Index     int       `json:"index"`
	Embedding []float32 `json:"embedding"`
}

// PackedEmbeddings is the same with encoding_format base64.
type PackedEmbeddings struct {
	Object string            `json:"object"`
	Model  string            `json:"model,omitempty"`
	Data   []PackedEmbedding `json:"data"`
	Usage  *Usage            `json:"usage,omitempty"`
}

// PackedEmbedding is a vector as little-endian 32-bit floats in base64.
type PackedEmbedding struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding string `json:"embedding"`
}

// Usage counts tokens.
type Usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}
