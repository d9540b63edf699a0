package llmapi

import (
	"os"
	"strings"
	"testing"
)

// Whatever a file says, it is read or refused.
func FuzzConfiguration(f *testing.F) {
	guide, err := os.ReadFile("testdata/guide.properties")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(guide))
	f.Add("a\\\n:b\\u00e9=\nmodels={\"m\":{\"1.0\":{\"batchSize\":2}}")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := from(text, "MODEL_NAME=m").Read()
		if err == nil && len(s.Models) == 0 {
			t.Error("no model and no error")
		}
		for _, m := range s.Models {
			if err == nil && (m.BatchSize < 1 || m.MaxBatchDelay <= 0 || m.ResponseTimeout <= 0 || m.MaxWorkers < m.MinWorkers) {
				t.Errorf("%+v", m)
			}
		}
	})
}

// Whatever a body says, it is read within its bounds or refused by name.
func FuzzInput(f *testing.F) {
	f.Add(formType, "text=a&max_new_tokens=3&do_sample=True&top_p=0.5")
	f.Add(formType, "inputs_embeds=[1,2]&inputs_embeds=3&inputs_embeds=4")
	f.Add(jsonType, `{"inputs_embeds":[[[1,2],[3,4]]],"stop_strings":["a"],"seed":1}`)
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na\r\n--x--\r\n")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		in, err := readInput(strings.NewReader(body), contentType)
		if err != nil {
			return
		}
		g, err := in.read(guideLimits(), 2)
		if err != nil {
			if asFault(err).kind != badRequest {
				t.Errorf("%v", err)
			}
			return
		}
		if (g.text == "") == (len(g.embeddings) == 0) || g.maxNew < 1 || g.maxNew > 2048 || g.sampling.temperature <= 0 || g.sampling.topP <= 0 || g.sampling.topP > 1 {
			t.Errorf("%+v", g)
		}
		for _, row := range g.embeddings {
			if len(row) != 2 {
				t.Errorf("%+v", g)
			}
		}
	})
}
