package llmapi

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// guideLimits are LLM-API's defaults.
func guideLimits() GenerationSettings { return defaults().Generation }

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

func TestInputs(t *testing.T) {
	seed := uint64(7)
	plain := generation{text: "a b", maxPrompt: 2048, maxNew: 2048, sampling: sampling{temperature: 1, topP: 1, topK: 50}}
	with := func(change func(g *generation)) generation {
		g := plain
		change(&g)
		return g
	}
	rows := with(func(g *generation) { g.text, g.embeddings = "", [][]float32{{1, 2}, {3, 4.5}} })
	for _, c := range []struct {
		contentType, body string
		want              generation
	}{
		{"text/plain", "a b", plain},
		{"", "a b", plain},
		{formType, "text=a+b", plain},
		{jsonType + "; charset=utf-8", `{"text":"a b","top_k":null}`, plain},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na b\r\n--x--\r\n", plain},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"text\"; filename=\"t.txt\"\r\n\r\na b\r\n--x--\r\n", plain},
		{formType, "text=a+b&max_new_tokens=5&do_sample=True&temperature=0.5&top_p=0.9&top_k=3&seed=7", with(func(g *generation) {
			g.maxNew, g.sampling = 5, sampling{do: true, temperature: 0.5, topP: 0.9, topK: 3, seed: &seed}
		})},
		{jsonType, `{"text":"a b","max_new_tokens":5,"do_sample":true,"temperature":0.5,"top_p":0.9,"top_k":3,"seed":"7"}`, with(func(g *generation) {
			g.maxNew, g.sampling = 5, sampling{do: true, temperature: 0.5, topP: 0.9, topK: 3, seed: &seed}
		})},
		{jsonType, `{"text":"a b","repetition_penalty":1.0,"num_beams":1,"num_return_sequences":1}`, plain},
		{jsonType, `{"text":"a b","stop_strings":["x","y"]}`, with(func(g *generation) { g.stop = []string{"x", "y"} })},
		{formType, "text=a+b&stop_strings=x&stop_strings=y", with(func(g *generation) { g.stop = []string{"x", "y"} })},
		{jsonType, `{"inputs_embeds":[[1,2],[3,4.5]]}`, rows},
		{jsonType, `{"input_embeds":[[[1,2],[3,4.5]]]}`, rows},
		{formType, "inputs_embeds=[[1,2],[3,4.5]]", rows},
		{formType, "inputs_embeds=1&inputs_embeds=2&inputs_embeds=3&inputs_embeds=4.5", rows}, // as Python's requests does with [tokens][hidden]
		{formType, "inputs_embeds=[1,2]&inputs_embeds=[3,4.5]", rows},                         // and with [1][tokens][hidden]
	} {
		in, err := readInput(strings.NewReader(c.body), c.contentType)
		if err != nil {
			t.Errorf("%s %s: %v", c.contentType, c.body, err)
			continue
		}
		if got, err := in.read(guideLimits(), 2); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %s: %+v, %v, want %+v", c.contentType, c.body, got, err, c.want)
		}
	}
}

func TestBadInputs(t *testing.T) {
	for _, c := range []struct{ contentType, body, part string }{
		{formType, "", "exactly one of text and inputs_embeds is required"},
		{jsonType, `{"text":"a","inputs_embeds":[[1,2]]}`, "exactly one of text and inputs_embeds is required"},
		{jsonType, `{"input_embeds":[[1,2]],"inputs_embeds":[[1,2]]}`, "input_embeds and inputs_embeds are the same field"},
		{formType, "text=", "text is empty"},
		{"text/plain", "", "text is empty"},
		{formType, "text=a&text=b", "text must be one string"},
		{jsonType, `{"text":3}`, "text must be one string"},
		{jsonType, `{"text":["a"]}`, "text must be one string"},
		{jsonType, `[]`, "the body is not a JSON object"},
		{jsonType, `{"text":"a"} {}`, "the body is not a JSON object"},
		{jsonType, `{"text":"a"}}`, "the body is not a JSON object"},
		{jsonType, `{"text":`, "the body is not a JSON object"},
		{formType, "text=%zz", "the body is not a form"},
		{"multipart/form-data", "x", "multipart without a boundary"},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na", "the body cannot be read"},
		{formType, "text=a&max_tokens=3", "max_tokens is not a field; known are text, inputs_embeds, do_sample, max_new_tokens,"},
		{formType, "text=a&max_new_tokens=0", `max_new_tokens must be a whole number from 1 to 2048, got "0"`},
		{formType, "text=a&max_new_tokens=2049", "max_new_tokens must be a whole number from 1 to 2048"},
		{formType, "text=a&max_new_tokens=1&max_new_tokens=2", "max_new_tokens stands there twice"},
		{jsonType, `{"text":"a","max_new_tokens":[1]}`, "max_new_tokens must be a whole number"},
		{formType, "text=a&do_sample=1", `do_sample must be true or false, got "1"`},
		{formType, "text=a&temperature=0", `temperature must be above 0 and at most 2, got "0"`},
		{formType, "text=a&temperature=NaN", "temperature must be"},
		{formType, "text=a&top_p=1.1", "top_p must be above 0 and at most 1"},
		{formType, "text=a&top_k=-1", "top_k must be a whole number from 0"},
		{formType, "text=a&seed=-1", "seed must be a whole number from 0"},
		{formType, "text=a&num_beams=4", `num_beams must be 1, the engine has no other, got "4"`},
		{jsonType, `{"text":"a","stop_strings":3}`, "stop_strings must be a string or a list of strings"},
		{jsonType, `{"inputs_embeds":"x"}`, `inputs_embeds must hold numbers in JSON, got "x"`},
		{jsonType, `{"inputs_embeds":3}`, "inputs_embeds holds 1 numbers, which are no rows of the model's hidden size 2"},
		{jsonType, `{"inputs_embeds":[]}`, "inputs_embeds holds 0 numbers"},
		{jsonType, `{"inputs_embeds":[[1,2],[3]]}`, "inputs_embeds [1] has 1 values, the model's hidden size is 2"},
		{jsonType, `{"inputs_embeds":[[1,2],[3,"x"]]}`, "inputs_embeds [1][1] is not a number"},
		{jsonType, `{"inputs_embeds":[[[1,2]],[[3,4]]]}`, "inputs_embeds holds a batch of 2, one is answered"},
		{jsonType, `{"inputs_embeds":[[[[1,2]]]]}`, "inputs_embeds [0][0][0] is nested too deeply"},
		{formType, "inputs_embeds=[1,2]&inputs_embeds=[3]", "inputs_embeds [1] has 1 values"},
		{formType, "inputs_embeds=1&inputs_embeds=2&inputs_embeds=3", "inputs_embeds holds 3 numbers"},
	} {
		in, err := readInput(strings.NewReader(c.body), c.contentType)
		if err == nil {
			_, err = in.read(guideLimits(), 2)
		}
		var f *fault
		if !errors.As(err, &f) || f.status != http.StatusBadRequest || !strings.Contains(f.message, c.part) {
			t.Errorf("%s %s: %v, want %q", c.contentType, c.body, err, c.part)
		}
	}
}
