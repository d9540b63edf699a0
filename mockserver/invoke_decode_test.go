package mockserver

import (
	"reflect"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// Seeds that the pass over invocations takes, and some that it gives up.
func invocationSeeds() map[string]bool {
	return map[string]bool{
		benchChat: true,
		`{"model":"e","messages":[{"role":"user","content":"a\nb \u00e9"}],"stream":true,"stream_options":{"include_usage":true},"n":2,"stop":"x","logprobs":true,"top_logprobs":3}`: true,
		`{"prompt":["a","b"],"stop":["x","y"],"top_p":0.5,"top_k":4,"seed":-1,"max_completion_tokens":7,"frequency_penalty":0.1,"presence_penalty":-1,"user":"u"}`:                   true,
		`{"input":"a","encoding_format":"base64","client_request_id":"7"}`:                                                                                                           true,
		`{"messages":[],"prompt":[]}`:                                                       true,
		`{"stream_options":{"include_usage":true},"stream_options":{}}`:                     false,
		`{"messages":[{"role":"user","content":[{"type":"text","text":"a"}],"name":"me"}]}`: false,
		`{"inputs":{"prompt":"a"},"params":{"max_tokens":3}}`:                               false,
		`{"prompt":"a","max_tokens":"3"}`:                                                   false,
		`{"prompt":"a","max_tokens":null}`:                                                  false,
		`{"prompt":"a","logprobs":2}`:                                                       false,
		`{"prompt":"a","tools":[]}`:                                                         false,
		`{"Prompt":"a"}`:                                                                    false,
		``:                                                                                  false,
	}
}

func TestScanInvocation(t *testing.T) {
	for body, taken := range invocationSeeds() {
		got, ok := scanInvocation([]byte(body))
		if ok != taken {
			t.Errorf("%s: taken %v", body, ok)
		}
		if want, err := decode[api.Invocation]([]byte(body)); ok && (err != nil || !reflect.DeepEqual(got, want)) {
			t.Errorf("%s: %+v, want %+v, %v", body, got, want, err)
		}
	}
}

// What the fast pass takes, the strict decoder takes with the same values.
func FuzzScanInvocation(f *testing.F) {
	for body := range invocationSeeds() {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, ok := scanInvocation(body)
		if !ok {
			return
		}
		if want, err := decode[api.Invocation](body); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, want %+v, %v", body, got, want, err)
		}
	})
}
