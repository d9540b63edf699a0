package resources_test

import (
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/acctest"
)

type values = acctest.Values

// trial takes attributes through their life: set, changed, unset. Each is a whole configuration; after each of
// them a second plan is empty, and so is that of an import.
type trial struct {
	attributes         []string
	set, change, unset values // unset is nil for required attributes
	inline             bool   // an import asks for the inline style
	replaces           bool   // the change replaces the resource
	unimportable       string // why an import cannot show it
	changedImport      string // why an import cannot show what it was changed to
	keeps              bool   // unsetting keeps what was set
}

// timeoutTrials are those of the timeouts attribute, which is Terraform's own and never imported.
func timeoutTrials(base values) []trial {
	var trials []trial
	for _, at := range []string{"timeouts.create", "timeouts.update", "timeouts.delete"} {
		trials = append(trials, trial{attributes: []string{at}, set: base.With(values{at: "1m"}), change: base.With(values{at: "2m"}), unset: base, unimportable: "it is Terraform's own"})
	}
	return trials
}

func runTrial(t *testing.T, typeName string, c trial, prepare func(*acctest.Environment)) {
	t.Parallel()
	env := acctest.Start(t)
	if prepare != nil {
		prepare(env)
	}
	o := env.Object(t, typeName)
	imports := func(v values, id string) {
		t.Helper()
		if c.inline {
			id += "/inline"
		}
		if c.unimportable == "" {
			i := env.Object(t, typeName)
			i.Import(id, nil)
			i.Settled(v)
		}
	}
	o.Apply(c.set)
	imports(c.set, o.Get("id"))

	p := changeAndSee(t, env, o, c)
	if got := p.Action == "replace"; got != c.replaces {
		t.Errorf("the change is %s (%v)", p.Action, p.Replaces)
	}
	if p.Action == "no-op" {
		t.Error("the change changes nothing")
	}
	if c.changedImport == "" {
		imports(c.change, o.Get("id"))
	}
	if c.unset == nil {
		return
	}
	if p := o.Apply(c.unset); (p.Action == "no-op") != c.keeps && c.unimportable == "" {
		t.Errorf("unsetting is %s", p.Action)
	}
	imports(c.unset, o.Get("id"))
}

// changeAndSee makes the change. Where the server shows the attributes, somebody else makes it, so that the
// drift must show; where it does not, or the resource is replaced, the owner does.
func changeAndSee(t *testing.T, env *acctest.Environment, o *acctest.Object, c trial) acctest.Plan {
	t.Helper()
	if c.unimportable != "" || c.changedImport != "" || c.replaces {
		return o.Apply(c.change)
	}
	id := o.Get("id")
	if c.inline {
		id += "/inline"
	}
	foreign := env.Object(t, o.Type)
	foreign.Import(id, nil)
	p := foreign.Apply(c.change)
	if d := o.Plan(c.set); d.Action == "no-op" {
		t.Errorf("the drift does not show: %s", o.Get(""))
	}
	o.Apply(c.change)
	return p
}

// TestEveryAttributeHasATrial fails for an attribute that somebody adds to a schema without a trial of it.
func TestEveryAttributeHasATrial(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	for typeName, trials := range map[string][]trial{
		"inference_served_entity":    append(entityTrials(), externalTrials()...),
		"inference_traffic_route":    routeTrials(),
		"inference_serving_endpoint": append(endpointTrials(), inlineTrials()...),
	} {
		tried := map[string]bool{}
		for _, c := range trials {
			for _, at := range c.attributes {
				for ; at != ""; at, _, _ = cutLast(at) {
					tried[strings.TrimSuffix(at, ".*")] = true
				}
			}
		}
		for _, at := range env.Settable(t, typeName) {
			if !tried[at] {
				t.Errorf("%s.%s has no trial", typeName, at)
			}
			delete(tried, at)
		}
		for at := range tried {
			t.Errorf("%s has no attribute %s", typeName, at)
		}
	}
}

func cutLast(at string) (before, after string, found bool) {
	i := strings.LastIndexByte(at, '.')
	if i < 0 {
		return "", at, false
	}
	return at[:i], at[i+1:], true
}

func TestEveryAttributeIsDescribed(t *testing.T) {
	t.Parallel()
	for _, at := range acctest.Start(t).Undescribed(t) {
		t.Errorf("%s has no description", at)
	}
}
