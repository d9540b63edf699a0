// Command docschema makes of `terraform providers schema -json` what tfplugindocs shall see: one provider,
// under its short name, with the kinds of schema that every supported CLI knows. Later CLIs list more, and
// docs/ must not depend on who generated it.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
)

// kinds are the schemas that Terraform 1.11 and OpenTofu 1.11 list.
var kinds = []string{"provider", "resource_schemas", "data_source_schemas", "functions"}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "docschema:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	var all struct {
		FormatVersion string                                `json:"format_version"`
		Schemas       map[string]map[string]json.RawMessage `json:"provider_schemas"`
	}
	if err := json.NewDecoder(in).Decode(&all); err != nil {
		return fmt.Errorf("read the CLI's schemas: %w", err)
	}
	if len(all.Schemas) != 1 {
		return fmt.Errorf("%d providers in the CLI's schemas, want 1", len(all.Schemas))
	}
	for source, schemas := range all.Schemas {
		kept := map[string]json.RawMessage{}
		for _, kind := range kinds {
			if schema, ok := schemas[kind]; ok {
				kept[kind] = schema
			}
		}
		delete(all.Schemas, source)
		all.Schemas[path.Base(source)] = kept
		break
	}
	return json.NewEncoder(out).Encode(all)
}
