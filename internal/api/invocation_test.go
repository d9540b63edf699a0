package api

import (
	"encoding/json"
	"testing"
)

func TestChatMessageContent(t *testing.T) {
	for in, want := range map[string]string{
		`{"role":"user","content":"plain"}`:                                                        "plain",
		`{"role":"user","content":""}`:                                                             "",
		`{"role":"user","content":null}`:                                                           "",
		`{"role":"user"}`:                                                                          "",
		`{"role":"user","content":"a \"b\" \u00e9\n"}`:                                             "a \"b\" é\n",
		`{"role":"user","content":"é and 漢"}`:                                                      "é and 漢",
		"{\"role\":\"user\",\"content\":\"bad \xff\"}":                                             "bad \ufffd",
		`{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}`:        "ab",
		`{"role":"user","content":[]}`:                                                             "",
		`{"role":"user","content":"skipped fields","refusal":null,"name":"x","annotations":[{}]} `: "skipped fields",
	} {
		var m ChatMessage
		if err := json.Unmarshal([]byte(in), &m); err != nil || m.Content != want || m.Role != "user" {
			t.Errorf("%s: %+v, %v, want content %q", in, m, err, want)
		}
	}
	for _, in := range []string{
		`{"content":1}`, `{"content":{}}`, `{"content":[{"type":"image_url"}]}`, `{"content":["a"]}`, `{"role":1}`, `"a"`, "{\"content\":\"line\nfeed\"}",
	} {
		var m ChatMessage
		if err := json.Unmarshal([]byte(in), &m); err == nil {
			t.Errorf("%s is read as %+v", in, m)
		}
	}
}
