package launcher

import (
	"reflect"
	"strings"
	"testing"
)

func TestSplitLine(t *testing.T) {
	for line, want := range map[string][]string{
		"vllm serve  m --port 8000\n":          {"vllm", "serve", "m", "--port", "8000"},
		`a 'b c' "d'e" f"g h"i ""`:             {"a", "b c", "d'e", "fg hi", ""},
		`C:\x\llama-server.exe -m "C:\my dir"`: {`C:\x\llama-server.exe`, "-m", `C:\my dir`},
		"a {{ .Model }} --port={{.Port}}":      {"a", "{{ .Model }}", "--port={{.Port}}"},
		"'|' é":                                {"|", "é"},
		"":                                     nil,
	} {
		if got, err := SplitLine(line); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q %v", line, got, err)
		}
	}
	for line, want := range map[string]string{
		"a 'b": "has ' without '", `a "b`: `has " without "`, "a {{b": "has {{ without }}", "a | b": "has |, but no shell runs it", "a && b": "has &&",
	} {
		if got, err := SplitLine(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q %v", line, got, err)
		}
	}
}

func TestCommand(t *testing.T) {
	v := Values{Model: "llama", Name: "main.default.llama", Version: "3", Directory: "/models/my llama", Port: 8123, GPUs: "2,3", TensorParallel: 2}
	for line, want := range map[string]string{
		"vllm serve {{.ModelDir}} --served-model-name {{.Model}} --port {{.Port}}":     "vllm|serve|/models/my llama|--served-model-name|llama|--port|8123",
		"e --tp={{.TensorParallel}} --devices {{.GPUs}} {{.Name}}/{{.Version}}":        "e|--tp=2|--devices|2,3|main.default.llama/3",
		`e {{if gt .TensorParallel 1}}--split{{end}} {{if eq .Port 1}}--one{{end}} ""`: "e|--split|",
	} {
		c, err := ParseLine(line)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Render(v); err != nil || strings.Join(got, "|") != want {
			t.Errorf("%q: %q %v", line, got, err)
		}
	}
	for line, want := range map[string]string{
		"":                     "must name a program",
		"e {{.Prot}}":          "{{.Prot}} is no placeholder; there are .Model, .ModelDir",
		"e {{if}}":             `"{{if}}" is no template: :1: missing value for if`,
		"{{if false}}e{{end}}": "must name a program",
	} {
		if _, err := ParseLine(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", line, err)
		}
	}
	c, err := ParseLine("e {{.ModelDir}}")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Render(Values{Name: "m"}); err == nil || err.Error() != "{{.ModelDir}}: the model m has no directory" {
		t.Errorf("%v", err)
	}
	if _, err := c.Render(Values{Name: "--trust-remote-code", Directory: "d"}); err == nil || !strings.Contains(err.Error(), "read as an option") {
		t.Errorf("%v", err)
	}
}

func FuzzCommand(f *testing.F) {
	f.Add(`vllm "serve" '{{.Model}}' --port {{ .Port }}`)
	f.Fuzz(func(t *testing.T, line string) {
		if strings.Contains(line, "range") || strings.Contains(line, "template") {
			return // may go on for as long as it likes; the file is the operator's own
		}
		c, err := ParseLine(line)
		if err != nil {
			return
		}
		if words, err := c.Render(sample()); err != nil || len(words) == 0 {
			t.Errorf("%q parses, but renders %q: %v", line, words, err)
		}
	})
}
