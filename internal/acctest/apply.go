package acctest

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Apply plans and applies, and fails the test on an error or where a second plan is not empty.
func (o *Object) Apply(v Values) Plan {
	o.t.Helper()
	p := o.Try(v)
	if len(p.Errors) > 0 {
		o.t.Fatalf("applying %s: %s", o.Type, strings.Join(p.Errors, "\n"))
	}
	o.Settled(v)
	return p
}

// Settled fails the test where a plan of v is not empty.
func (o *Object) Settled(v Values) {
	o.t.Helper()
	p := o.Plan(v)
	if p.Action != "no-op" || len(p.Errors) > 0 {
		o.t.Fatalf("the second plan of %s is %s: %s\nstate:   %s\nplanned: %s", o.Type, p.Action, p.Messages, Show(o.State, ""), Show(p.Planned, ""))
	}
}

// Try plans and applies, and returns what was said.
func (o *Object) Try(v Values) Plan {
	o.t.Helper()
	p := o.Plan(v)
	if len(p.Errors) > 0 || p.Action == "no-op" {
		return p
	}
	o.Run(&p)
	return p
}

// Run applies a plan; a replacement deletes first.
func (o *Object) Run(p *Plan) {
	o.t.Helper()
	server := o.provider()
	prior := o.State
	if p.Action == "replace" {
		if o.delete(server, p); len(p.Errors) > 0 {
			return
		}
		prior = tftypes.NewValue(o.objectType(), nil)
	}
	resp, err := server.ApplyResourceChange(o.t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: o.Type, PriorState: dynamic(o.t, prior), PlannedState: dynamic(o.t, p.Planned), Config: dynamic(o.t, p.config),
		PlannedPrivate: p.private, PlannedIdentity: p.ident,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	p.note(resp.Diagnostics)
	o.State, o.private, o.ident = o.undo(resp.NewState), resp.Private, resp.NewIdentity
	o.tainted = len(p.Errors) > 0 && prior.IsNull() && o.Exists()
	if len(p.Errors) > 0 {
		return
	}
	if bad := broken(p.Planned, o.State, o.Type); len(bad) > 0 {
		o.t.Errorf("the new state differs from the plan in %s", strings.Join(bad, ", "))
	}
	if o.ident == nil || o.ident.IdentityData == nil {
		o.t.Errorf("%s has no identity", o.Type)
	}
}

// Destroy deletes and returns what was said.
func (o *Object) Destroy() Plan {
	o.t.Helper()
	var p Plan
	if o.Exists() {
		o.delete(o.provider(), &p)
	}
	return p
}

func (o *Object) delete(server tfprotov6.ProviderServer, p *Plan) {
	o.t.Helper()
	none := tftypes.NewValue(o.objectType(), nil)
	resp, err := server.ApplyResourceChange(o.t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: o.Type, PriorState: dynamic(o.t, o.State), PlannedState: dynamic(o.t, none), Config: dynamic(o.t, none),
		PlannedPrivate: o.private, PlannedIdentity: o.ident,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	if p.note(resp.Diagnostics); len(p.Errors) == 0 {
		o.State, o.private, o.ident, o.tainted = none, nil, nil, false
	}
}

// Refresh reads the resource.
func (o *Object) Refresh() {
	o.t.Helper()
	o.refresh(o.provider())
}

func (o *Object) refresh(server tfprotov6.ProviderServer) {
	o.t.Helper()
	if !o.Exists() {
		return
	}
	if o.Forgetful {
		o.ident = nil
	}
	resp, err := server.ReadResource(o.t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: o.Type, CurrentState: dynamic(o.t, o.State), Private: o.private, CurrentIdentity: o.ident,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	var p Plan
	if p.note(resp.Diagnostics); len(p.Errors) > 0 {
		o.t.Fatalf("reading %s: %s", o.Type, strings.Join(p.Errors, "\n"))
	}
	o.State, o.private, o.ident = o.undo(resp.NewState), resp.Private, resp.NewIdentity
}

// Import brings an existing object into an empty state by its id, or by its identity if id is "".
func (o *Object) Import(id string, identity Values) {
	o.t.Helper()
	server := o.provider()
	req := &tfprotov6.ImportResourceStateRequest{TypeName: o.Type, ID: id}
	if id == "" {
		req.Identity = o.identity(server, identity)
	}
	resp, err := server.ImportResourceState(o.t.Context(), req)
	if err != nil {
		o.t.Fatal(err)
	}
	var p Plan
	if p.note(resp.Diagnostics); len(p.Errors) > 0 || len(resp.ImportedResources) != 1 {
		o.t.Fatalf("importing %s %q: %v", o.Type, id, p.Errors)
	}
	r := resp.ImportedResources[0]
	o.State, o.private, o.ident = o.undo(r.State), r.Private, r.Identity
	o.refresh(server)
}

func (o *Object) identity(server tfprotov6.ProviderServer, v Values) *tfprotov6.ResourceIdentityData {
	o.t.Helper()
	schemas, err := server.GetResourceIdentitySchemas(o.t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		o.t.Fatal(err)
	}
	x, err := value(schemas.IdentitySchemas[o.Type].ValueType(), v)
	if err != nil {
		o.t.Fatal(err)
	}
	return &tfprotov6.ResourceIdentityData{IdentityData: dynamic(o.t, x)}
}
