package acctest

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Settable lists the dotted paths of all attributes that a configuration can set in a resource; elements of
// maps, lists and sets of objects are "*".
func (e *Environment) Settable(t testing.TB, typeName string) []string {
	t.Helper()
	paths := settable(e.Schemas(t).ResourceSchemas[typeName].Block.Attributes, "")
	slices.Sort(paths)
	return paths
}

func settable(attributes []*tfprotov6.SchemaAttribute, prefix string) []string {
	var paths []string
	for _, a := range attributes {
		if !a.Optional && !a.Required {
			continue
		}
		at := prefix + a.Name
		paths = append(paths, at)
		if n := a.NestedType; n != nil {
			if n.Nesting != tfprotov6.SchemaObjectNestingModeSingle {
				at += ".*"
			}
			paths = append(paths, settable(n.Attributes, at+".")...)
		}
	}
	return paths
}

// Undescribed lists the attributes of resources and data sources that have no description.
func (e *Environment) Undescribed(t testing.TB) []string {
	t.Helper()
	s := e.Schemas(t)
	bare := undescribed(s.Provider.Block.Attributes, "provider.")
	for _, schemas := range []map[string]*tfprotov6.Schema{s.ResourceSchemas, s.DataSourceSchemas} {
		for name, schema := range schemas {
			if schema.Block.Description == "" {
				bare = append(bare, name)
			}
			bare = append(bare, undescribed(schema.Block.Attributes, name+".")...)
		}
	}
	slices.Sort(bare)
	return bare
}

func undescribed(attributes []*tfprotov6.SchemaAttribute, prefix string) []string {
	var bare []string
	for _, a := range attributes {
		if a.Description == "" {
			bare = append(bare, prefix+a.Name)
		}
		if a.NestedType != nil {
			bare = append(bare, undescribed(a.NestedType.Attributes, prefix+a.Name+".")...)
		}
	}
	return bare
}
