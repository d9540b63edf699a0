package upstream

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

func openAIAnswers() map[string]bool {
	return map[string]bool{
		`{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"a\n","refusal":null,"tool_calls":[]},"logprobs":null,"finish_reason":"stop","stop_reason":null}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":null}}`: true,
		`{"choices":[{"index":1,"delta":{"content":"a"},"finish_reason":null},{"index":0,"delta":{"role":"assistant","content":null}}]}`:                                                                                                                                             true,
		`{"choices":[{"index":0,"text":"a","finish_reason":"length"}]}`:                                         true,
		`{"choices":[],"usage":{"prompt_tokens":1}}`:                                                            true,
		`{"choices":[],"usage":null,"error":null}`:                                                              true,
		`{"choices":[{"index":9,"text":"a"}]}`:                                                                  true, // and refused
		`{"choices":[{"index":0,"message":{"content":"a"},"message":{},"delta":{"content":"b"},"delta":null}]}`: true,
		`{"choices":[{"index":0,"text":"a"}],"choices":[{"text":"b"}]}`:                                         false,
		`{"choices":[{"index":0,"delta":{"Content":"a"}}]}`:                                                     false,
		`{"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[]}}]}`:                           false,
		`{"choices":[{},{},{},{},{}]}`:                                                                          false,
		`{"error":{"message":"x"}}`:                                                                             false,
		`{"choices":7}`:                                                                                         false,
		`{}`:                                                                                                    false,
	}
}

// same compares what the one pass takes with what encoding/json makes of it.
func same(t *testing.T, data []byte) bool {
	t.Helper()
	fast, slow := result{texts: make([]textState, 2)}, result{texts: make([]textState, 2)}
	taken, err := new(openAIScan).read(data, &fast)
	if !taken {
		if !reflect.DeepEqual(fast, slow) {
			t.Errorf("%q left something behind: %+v", data, fast)
		}
		return false
	}
	want := decodeOpenAIAnswer(data, &slow)
	var known *Error
	if !reflect.DeepEqual(fast, slow) || (err == nil) != (want == nil) || err != nil && !errors.As(want, &known) {
		t.Errorf("%q: %+v, %v; want %+v, %v", data, fast, err, slow, want)
	}
	return true
}

func TestScanOpenAI(t *testing.T) {
	for data, taken := range openAIAnswers() {
		if got := same(t, []byte(data)); got != taken {
			t.Errorf("%s: taken %v", data, got)
		}
	}
}

func FuzzScanOpenAI(f *testing.F) {
	for data := range openAIAnswers() {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) { same(t, data) })
}

// Whatever a request asks for, its bytes are those of encoding/json.
func TestAppendOpenAI(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Request{
			MaxTokens: rapid.IntRange(0, 9).Draw(t, "max"), Temperature: rapid.Float64Range(0, 2).Draw(t, "temperature"), TopP: rapid.Float64Range(0, 1).Draw(t, "top_p"),
			TopK: rapid.IntRange(0, 2).Draw(t, "top_k"), N: rapid.IntRange(0, 3).Draw(t, "n"), Stop: rapid.SliceOfN(rapid.String(), 0, 2).Draw(t, "stop"),
			Logprobs: rapid.Bool().Draw(t, "logprobs"), TopLogprobs: rapid.IntRange(0, 1).Draw(t, "top"), Stream: rapid.Bool().Draw(t, "stream"),
			Prompt: rapid.String().Draw(t, "prompt"),
		}
		if rapid.Bool().Draw(t, "seeded") {
			seed := rapid.Int64().Draw(t, "seed")
			r.Seed = &seed
		}
		for range rapid.IntRange(0, 3).Draw(t, "messages") {
			r.Messages = append(r.Messages, api.ChatMessage{Role: "user", Content: rapid.String().Draw(t, "content")})
		}
		for name, cd := range map[string]codec{"chat": openAIChat(), "today": openAIChatToday(), "completions": openAICompletions()} {
			body := cd.encode(rapid.SampledFrom([]string{"", "llama"}).Draw(t, "model"), r)
			want, err := json.Marshal(body)
			if got, e := encodeBody(body); err != nil || e != nil || string(got) != string(want) {
				t.Fatalf("%s: %s, want %s", name, got, want)
			}
		}
	})
}
