package acctest

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// proposed is what Terraform proposes to the provider before it plans: the configuration, with the prior
// value of every computed attribute that is not configured. Write-only values never get that far.
func proposed(attributes []*tfprotov6.SchemaAttribute, prior, config tftypes.Value) tftypes.Value {
	if config.IsNull() || !config.IsKnown() {
		return config
	}
	have, want := fields(prior), fields(config)
	out := map[string]tftypes.Value{}
	for _, a := range attributes {
		c := want[a.Name]
		p, ok := have[a.Name]
		if !ok {
			p = tftypes.NewValue(c.Type(), nil)
		}
		switch {
		case a.WriteOnly:
			out[a.Name] = tftypes.NewValue(c.Type(), nil)
		case c.IsNull() && a.Computed:
			out[a.Name] = p
		case a.NestedType != nil:
			out[a.Name] = proposedNested(a.NestedType, p, c)
		default:
			out[a.Name] = c
		}
	}
	return tftypes.NewValue(config.Type(), out)
}

func proposedNested(t *tfprotov6.SchemaObject, prior, config tftypes.Value) tftypes.Value {
	if config.IsNull() || !config.IsKnown() {
		return config
	}
	switch t.Nesting {
	case tfprotov6.SchemaObjectNestingModeSingle:
		return proposed(t.Attributes, prior, config)
	case tfprotov6.SchemaObjectNestingModeMap:
		have, out := fields(prior), map[string]tftypes.Value{}
		for k, c := range fields(config) {
			p, ok := have[k]
			if !ok {
				p = tftypes.NewValue(c.Type(), nil)
			}
			out[k] = proposed(t.Attributes, p, c)
		}
		return tftypes.NewValue(config.Type(), out)
	case tfprotov6.SchemaObjectNestingModeList:
		have, out := elements(prior), []tftypes.Value{}
		for i, c := range elements(config) {
			p := tftypes.NewValue(c.Type(), nil)
			if i < len(have) {
				p = have[i]
			}
			out = append(out, proposed(t.Attributes, p, c))
		}
		return tftypes.NewValue(config.Type(), out)
	default:
		return config // sets of objects hold nothing computed here
	}
}

func elements(v tftypes.Value) []tftypes.Value {
	var o []tftypes.Value
	if v.IsNull() || !v.IsKnown() || v.As(&o) != nil {
		return nil
	}
	return o
}

func fields(v tftypes.Value) map[string]tftypes.Value {
	o := map[string]tftypes.Value{}
	if v.IsNull() || !v.IsKnown() {
		return o
	}
	if err := v.As(&o); err != nil {
		return map[string]tftypes.Value{}
	}
	return o
}

// unfaithful lists the attributes in which a plan contradicts the configuration, or a new state the plan, as
// Terraform would complain about them.
func unfaithful(attributes []*tfprotov6.SchemaAttribute, prior, config, planned tftypes.Value, at string) []string {
	var bad []string
	if !planned.IsKnown() || !config.IsKnown() {
		return nil
	}
	if planned.IsNull() != config.IsNull() {
		return []string{at}
	}
	have, want, got := fields(prior), fields(config), fields(planned)
	for _, a := range attributes {
		c, p, old := want[a.Name], got[a.Name], have[a.Name]
		name := at + "." + a.Name
		switch {
		case a.WriteOnly:
			if !p.IsNull() {
				bad = append(bad, name)
			}
		case c.IsNull() && a.Computed, !c.IsKnown():
		case a.NestedType != nil && a.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeSingle:
			bad = append(bad, unfaithful(a.NestedType.Attributes, old, c, p, name)...)
		case a.NestedType != nil && a.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeMap:
			olds, gots := fields(old), fields(p)
			for k, inner := range fields(c) {
				bad = append(bad, unfaithful(a.NestedType.Attributes, olds[k], inner, gots[k], name+"."+k)...)
			}
		case a.NestedType != nil && a.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeList:
			olds, gots := elements(old), elements(p)
			if len(gots) != len(elements(c)) {
				bad = append(bad, name)
				continue
			}
			for i, inner := range elements(c) {
				was := tftypes.NewValue(inner.Type(), nil)
				if i < len(olds) {
					was = olds[i]
				}
				bad = append(bad, unfaithful(a.NestedType.Attributes, was, inner, gots[i], name)...)
			}
		case !p.Equal(c):
			bad = append(bad, name)
		}
	}
	return bad
}

// broken lists the attributes in which a new state differs from what was planned, or is still unknown.
func broken(planned, state tftypes.Value, at string) []string {
	switch {
	case !state.IsKnown():
		return []string{at + " (unknown)"}
	case !planned.IsKnown():
		if !state.IsFullyKnown() {
			return []string{at + " (unknown within)"}
		}
		return nil
	case planned.IsNull() || state.IsNull():
		if planned.IsNull() != state.IsNull() {
			return []string{at}
		}
		return nil
	}
	switch planned.Type().(type) {
	case tftypes.Object, tftypes.Map:
		var bad []string
		got, want := fields(state), fields(planned)
		if len(got) != len(want) {
			return []string{at}
		}
		for k, w := range want {
			bad = append(bad, broken(w, got[k], at+"."+k)...)
		}
		return bad
	}
	if !planned.Equal(state) {
		return []string{at}
	}
	return nil
}
