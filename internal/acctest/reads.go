package acctest

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Data is what a data source showed, and what was said.
type Data struct {
	Plan
	State tftypes.Value
}

// Get shows the attribute at a dotted path.
func (d Data) Get(at string) string { return Show(d.State, at) }

// Data validates and reads a data source.
func (e *Environment) Data(t testing.TB, typeName string, v Values) Data {
	t.Helper()
	return e.DataFrom(t, e.configured(t), typeName, v)
}

// DataFrom is Data with a provider that the caller has configured.
func (e *Environment) DataFrom(t testing.TB, p tfprotov6.ProviderServer, typeName string, v Values) Data {
	t.Helper()
	schema := e.Schemas(t).DataSourceSchemas[typeName]
	if schema == nil {
		t.Fatalf("no data source %q", typeName)
	}
	config, err := value(schema.ValueType(), v)
	if err != nil {
		t.Fatal(err)
	}
	out := Data{State: tftypes.NewValue(schema.ValueType(), nil)}
	valid, err := p.ValidateDataResourceConfig(t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{TypeName: typeName, Config: dynamic(t, config)})
	if err != nil {
		t.Fatal(err)
	}
	if out.note(valid.Diagnostics); len(out.Errors) > 0 {
		return out
	}
	resp, err := p.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: typeName, Config: dynamic(t, config)})
	if err != nil {
		t.Fatal(err)
	}
	if out.note(resp.Diagnostics); len(out.Errors) > 0 {
		return out
	}
	if out.State, err = resp.State.Unmarshal(schema.ValueType()); err != nil {
		t.Fatal(err)
	}
	return out
}

// Found is one result of a list.
type Found struct {
	Name     string
	Identity tftypes.Value
	Resource tftypes.Value // null unless the whole object was asked for
}

// List runs a list resource.
func (e *Environment) List(t testing.TB, typeName string, v Values, limit int64, whole bool) []Found {
	t.Helper()
	p, ok := e.configured(t).(tfprotov6.ListResourceServer)
	if !ok {
		t.Fatal("the provider lists nothing")
	}
	config, err := value(e.Schemas(t).ListResourceSchemas[typeName].ValueType(), v)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := p.ListResource(t.Context(), &tfprotov6.ListResourceRequest{TypeName: typeName, Config: dynamic(t, config), IncludeResource: whole, Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	var found []Found
	for r := range stream.Results {
		var said Plan
		if said.note(r.Diagnostics); len(said.Messages) > 0 {
			t.Fatalf("listing %s: %q", typeName, said.Messages)
		}
		f := Found{Name: r.DisplayName}
		if f.Identity, err = r.Identity.IdentityData.Unmarshal(e.identities(t)[typeName].ValueType()); err != nil {
			t.Fatal(err)
		}
		if r.Resource != nil {
			if f.Resource, err = r.Resource.Unmarshal(e.Schemas(t).ResourceSchemas[typeName].ValueType()); err != nil {
				t.Fatal(err)
			}
		}
		found = append(found, f)
	}
	return found
}

func (e *Environment) identities(t testing.TB) map[string]*tfprotov6.ResourceIdentitySchema {
	t.Helper()
	s, err := e.NewProvider().GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return s.IdentitySchemas
}

// Move brings the state of another provider's resource into an empty one, and returns what was said.
func (o *Object) Move(provider, typeName string, state map[string]any) Plan {
	o.t.Helper()
	b, err := json.Marshal(state)
	if err != nil {
		o.t.Fatal(err)
	}
	server := o.provider()
	resp, err := server.MoveResourceState(o.t.Context(), &tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: provider, SourceTypeName: typeName, SourceState: &tfprotov6.RawState{JSON: b}, TargetTypeName: o.Type,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	var p Plan
	if p.note(resp.Diagnostics); len(p.Errors) > 0 {
		return p
	}
	o.State, o.private, o.ident = o.undo(resp.TargetState), resp.TargetPrivate, resp.TargetIdentity
	o.refresh(server)
	return p
}

// Call calls a function with arguments of its own types, and returns the result or the error's text.
func (e *Environment) Call(t testing.TB, name string, args ...any) (result, failure string) {
	t.Helper()
	f := e.Schemas(t).Functions[name]
	if f == nil {
		t.Fatalf("no function %q", name)
	}
	req := &tfprotov6.CallFunctionRequest{Name: name}
	for i, a := range args {
		v, err := value(f.Parameters[i].Type, a)
		if err != nil {
			t.Fatal(err)
		}
		req.Arguments = append(req.Arguments, dynamic(t, v))
	}
	resp, err := e.NewProvider().CallFunction(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Error != nil {
		return "", resp.Error.Text
	}
	v, err := resp.Result.Unmarshal(f.Return.Type)
	if err != nil {
		t.Fatal(err)
	}
	return Show(v, ""), ""
}

// Configure configures a provider and returns what was said. Environment variables come from env.
func Configure(ctx context.Context, t testing.TB, p tfprotov6.ProviderServer, v Values) Plan {
	t.Helper()
	s, err := p.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	config, err := value(s.Provider.ValueType(), v)
	if err != nil {
		t.Fatal(err)
	}
	var out Plan
	valid, err := p.ValidateProviderConfig(ctx, &tfprotov6.ValidateProviderConfigRequest{Config: dynamic(t, config)})
	if err != nil {
		t.Fatal(err)
	}
	if out.note(valid.Diagnostics); len(out.Errors) > 0 {
		return out
	}
	resp, err := p.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.14.0", Config: dynamic(t, config)})
	if err != nil {
		t.Fatal(err)
	}
	out.note(resp.Diagnostics)
	return out
}
