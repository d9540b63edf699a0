package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
	}{
		{
			"a CLI of today",
			`{"format_version":"1.0","provider_schemas":{"registry.example/a/b":{"provider":{"version":0},"resource_schemas":{},"list_resource_schemas":{}}}}`,
			`{"format_version":"1.0","provider_schemas":{"b":{"provider":{"version":0},"resource_schemas":{}}}}`,
		},
		{"no provider", `{"format_version":"1.0"}`, "0 providers"},
		{"no JSON", `Error: …`, "read the CLI's schemas"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			var got string
			if err := run(strings.NewReader(c.in), &out); err != nil {
				got = err.Error()
			} else {
				got = out.String()
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
