package resources_test

import (
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/acctest"
)

type values = acctest.Values

// trial takes one attribute through its life: set, changed, unset. Each is a whole configuration; after each
// of them a second plan is empty, and so is that of an import.
type trial struct {
	attribute          string
	set, change, unset values // unset is nil for required attributes
	replaces           bool   // the change replaces the resource
	unimportable       string // why an import cannot show it
	changedImport      string // why an import cannot show what it was changed to
}

func runTrial(t *testing.T, typeName, id string, c trial, prepare func(*acctest.Environment)) {
	t.Parallel()
	env := acctest.Start(t)
	if prepare != nil {
		prepare(env)
	}
	o := env.Object(t, typeName)
	imports := func(v values, id string) {
		t.Helper()
		if c.unimportable == "" {
			i := env.Object(t, typeName)
			i.Import(id, nil)
			i.Settled(v)
		}
	}
	o.Apply(c.set)
	if id == "" {
		id = o.Get("id")
	}
	imports(c.set, id)

	p := o.Apply(c.change)
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
	if p := o.Apply(c.unset); p.Action == "no-op" && c.unimportable == "" {
		t.Error("unsetting changes nothing")
	}
	imports(c.unset, o.Get("id"))
}

// TestEveryAttributeHasATrial fails for an attribute that somebody adds to a schema without a trial of it.
func TestEveryAttributeHasATrial(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	for typeName, trials := range map[string][]trial{
		"inference_served_entity":    append(entityTrials(), externalTrials()...),
		"inference_traffic_route":    routeTrials(),
		"inference_serving_endpoint": endpointTrials(),
	} {
		tried := map[string]bool{}
		for _, c := range trials {
			for at := c.attribute; at != ""; at, _, _ = cutLast(at) {
				tried[at] = true
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
