package acctest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Object is one managed resource as Terraform keeps it: state, private state and identity. Each operation runs
// against a provider of its own, as each command of Terraform does, so that nothing but the state is carried
// over. The rules of Terraform are checked all along: plans agree with configurations, states with plans, and
// nothing stays unknown.
type Object struct {
	Type  string
	State tftypes.Value
	env   *Environment
	t     testing.TB
	block *tfprotov6.SchemaBlock
	ident *tfprotov6.ResourceIdentityData

	// Forgetful is a Terraform that keeps no identities, as before 1.12, and every OpenTofu.
	Forgetful bool

	private []byte
	tainted bool // a create failed half-way: the next apply replaces
}

// Plan is what would be done.
type Plan struct {
	Action   string // create, update, replace, no-op
	Planned  tftypes.Value
	Replaces []string // attributes that force a replacement
	Messages []string // diagnostics: severity, summary, detail, path
	Errors   []string // those that are errors

	config  tftypes.Value
	prior   tftypes.Value
	private []byte
	ident   *tfprotov6.ResourceIdentityData
}

// Object starts with a resource that does not exist.
func (e *Environment) Object(t testing.TB, typeName string) *Object {
	t.Helper()
	schema := e.Schemas(t).ResourceSchemas[typeName]
	if schema == nil {
		t.Fatalf("no resource %q", typeName)
	}
	o := &Object{Type: typeName, env: e, t: t, block: schema.Block}
	o.State = tftypes.NewValue(o.objectType(), nil)
	return o
}

func (o *Object) objectType() tftypes.Type { return o.block.ValueType() }

// provider is a configured provider.
func (o *Object) provider() tfprotov6.ProviderServer {
	o.t.Helper()
	return o.env.configured(o.t)
}

func (e *Environment) configured(t testing.TB) tfprotov6.ProviderServer {
	t.Helper()
	p := e.NewProvider()
	settings := Values{"host": e.Host, "token": e.Token, "poll_interval": "5ms", "batch_window": "1ms", "retry_timeout": "20s"}
	if e.Offline {
		settings["host"] = Unknown{}
	}
	config, err := value(e.Schemas(t).Provider.ValueType(), settings)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := p.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.14.0", Config: dynamic(t, config)})
	if err != nil || (len(resp.Diagnostics) > 0 && !e.Offline) {
		t.Fatal(err, resp.Diagnostics)
	}
	return p
}

// Get shows the state's attribute at a dotted path.
func (o *Object) Get(at string) string { return Show(o.State, at) }

// Tainted reports whether a create failed after the object was made.
func (o *Object) Tainted() bool { return o.tainted }

// Exists reports whether there is a state.
func (o *Object) Exists() bool { return !o.State.IsNull() }

// Config makes a configuration of the resource's type.
func (o *Object) Config(v Values) tftypes.Value {
	o.t.Helper()
	c, err := value(o.objectType(), v)
	if err != nil {
		o.t.Fatalf("%s: %v", o.Type, err)
	}
	return c
}

// Plan refreshes, validates and plans.
func (o *Object) Plan(v Values) Plan {
	o.t.Helper()
	p := o.provider()
	o.refresh(p)
	return o.plan(p, v)
}

func (o *Object) plan(p tfprotov6.ProviderServer, v Values) Plan {
	o.t.Helper()
	config := o.Config(v)
	out := Plan{config: config, prior: o.State}
	valid, err := p.ValidateResourceConfig(o.t.Context(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: o.Type, Config: dynamic(o.t, config),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	if err != nil {
		o.t.Fatal(err)
	}
	if out.note(valid.Diagnostics); len(out.Errors) > 0 {
		return out
	}
	o.planInto(p, &out, o.State, o.private, o.ident)
	if (o.tainted || len(out.Replaces) > 0) && len(out.Errors) == 0 {
		replaces := out.Replaces
		o.planInto(p, &out, tftypes.NewValue(o.objectType(), nil), nil, nil)
		out.Replaces, out.Action = replaces, "replace"
	}
	return out
}

func (o *Object) planInto(p tfprotov6.ProviderServer, out *Plan, prior tftypes.Value, private []byte, ident *tfprotov6.ResourceIdentityData) {
	o.t.Helper()
	resp, err := p.PlanResourceChange(o.t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: o.Type, PriorState: dynamic(o.t, prior), Config: dynamic(o.t, out.config),
		ProposedNewState: dynamic(o.t, proposed(o.block.Attributes, prior, out.config)), PriorPrivate: private, PriorIdentity: ident,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	if out.note(resp.Diagnostics); len(out.Errors) > 0 {
		return
	}
	out.Planned, out.private, out.ident = o.undo(resp.PlannedState), resp.PlannedPrivate, resp.PlannedIdentity
	for _, at := range resp.RequiresReplace {
		out.Replaces = append(out.Replaces, at.String())
	}
	if bad := unfaithful(o.block.Attributes, prior, out.config, out.Planned, o.Type); len(bad) > 0 {
		o.t.Errorf("the plan contradicts the configuration in %s", strings.Join(bad, ", "))
	}
	switch {
	case prior.IsNull():
		out.Action = "create"
	case prior.Equal(out.Planned):
		out.Action = "no-op"
	default:
		out.Action = "update"
	}
}

func (p *Plan) note(diags []*tfprotov6.Diagnostic) {
	for _, d := range diags {
		m := fmt.Sprintf("%s: %s: %s", d.Severity, d.Summary, d.Detail)
		if d.Attribute != nil {
			m += " @" + d.Attribute.String()
		}
		p.Messages = append(p.Messages, m)
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			p.Errors = append(p.Errors, m)
		}
	}
}

func (o *Object) undo(v *tfprotov6.DynamicValue) tftypes.Value {
	o.t.Helper()
	out, err := v.Unmarshal(o.objectType())
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

func dynamic(t testing.TB, v tftypes.Value) *tfprotov6.DynamicValue {
	t.Helper()
	d, err := tfprotov6.NewDynamicValue(v.Type(), v)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

// Says reports whether one diagnostic holds all of parts.
func (p Plan) Says(parts ...string) bool {
	return slices.ContainsFunc(p.Messages, func(m string) bool {
		return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(m, part) })
	})
}
