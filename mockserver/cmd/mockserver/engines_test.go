package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEnginesFlag(t *testing.T) {
	file := filepath.Join(t.TempDir(), "engines.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("engines:\n  - {kind: vllm, base_url: http://127.0.0.1:8000, model: m, models: [main.default.m]}\n")
	c, _, err := parse("serve", []string{"--engines", file, "--external"}, &bytes.Buffer{})
	if err != nil || c.options.Engines == nil || !c.options.External {
		t.Fatalf("%+v %v", c.options, err)
	}
	if _, ok := c.options.Engines.Find("main.default.m", "1", ""); !ok {
		t.Error("the engine is not there")
	}
	write("engines:\n  - {kind: vllm, base_url: http://127.0.0.1:8000, modell: m}\n")
	_, _, err = parse("serve", []string{"--engines", file}, &bytes.Buffer{})
	if err == nil || !strings.HasPrefix(err.Error(), "--engines: "+file+":2: engines[0].modell is not a field") {
		t.Errorf("%v", err)
	}
	write("engines:\n  - {kind: vllm, base_url: https://gpu:8000, model: m, models: [m], ca_file: " + file + "}\n")
	_, _, err = parse("serve", []string{"--engines", file}, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "holds no certificate") {
		t.Errorf("%v", err)
	}
}
