package endpointconfig

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

func config(shares map[string]int) *api.ConfigOutput {
	c := &api.ConfigOutput{TrafficConfig: &api.TrafficConfig{}, ConfigVersion: 1}
	for name, percent := range shares {
		c.ServedEntities = append(c.ServedEntities, api.ServedEntity{Name: name, EntityName: "m." + name, EntityVersion: "1"})
		c.TrafficConfig.Routes = append(c.TrafficConfig.Routes, api.Route{ServedEntityName: name, TrafficPercentage: api.Percent(percent)})
	}
	return c
}

func entity(name string) api.ServedEntityInput {
	return api.ServedEntityInput{Name: name, EntityName: "m." + name, EntityVersion: "1"}
}

func TestCompileSplit(t *testing.T) {
	for _, tc := range []struct {
		name string
		base map[string]int
		edit func(*Draft) error
		want string
	}{
		{"a lone entity takes all", nil, func(d *Draft) error { return d.AddEntity(entity("a")) }, "a=100"},
		{"newcomers without traffic share equally", nil, func(d *Draft) error {
			return errors.Join(d.AddEntity(entity("b")), d.AddEntity(entity("a")), d.AddEntity(entity("c")))
		}, "a=34 b=33 c=33"},
		{"a newcomer gets nothing unasked", map[string]int{"a": 100}, func(d *Draft) error { return d.AddEntity(entity("b")) }, "a=100 b=0"},
		{"a canary is one claim", map[string]int{"a": 100, "b": 0}, func(d *Draft) error { return d.Claim("b", 5) }, "a=95 b=5"},
		{"the rest keeps its proportions", map[string]int{"a": 60, "b": 30, "c": 10}, func(d *Draft) error { return d.Claim("c", 40) }, "a=40 b=20 c=40"},
		{"claims that fit are exact", map[string]int{"a": 90, "b": 10}, func(d *Draft) error {
			return errors.Join(d.Claim("a", 50), d.Claim("b", 50))
		}, "a=50 b=50"},
		{"over-subscription is scaled", map[string]int{"a": 90, "b": 10}, func(d *Draft) error {
			return errors.Join(d.Claim("a", 90), d.Claim("b", 60))
		}, "a=60 b=40"},
		{"a rest that nobody absorbs is scaled", map[string]int{"a": 90, "b": 10}, func(d *Draft) error {
			return errors.Join(d.Claim("a", 30), d.Claim("b", 10))
		}, "a=75 b=25"},
		{"claims of nothing share equally", map[string]int{"a": 90, "b": 10}, func(d *Draft) error {
			return errors.Join(d.Claim("a", 0), d.Claim("b", 0))
		}, "a=50 b=50"},
		{"removal frees the share", map[string]int{"a": 70, "b": 20, "c": 10}, func(d *Draft) error { d.RemoveEntity("a"); return nil }, "b=67 c=33"},
		{"the last removal leaves nothing", map[string]int{"a": 100}, func(d *Draft) error { d.RemoveEntity("a"); return nil }, ""},
		{"a released claim stays where it is", map[string]int{"a": 70, "b": 30}, func(d *Draft) error {
			err := d.Claim("b", 10)
			d.Release("b")
			return err
		}, "a=88 b=12"},
		{"inline traffic is exact", map[string]int{"x": 100}, func(d *Draft) error {
			return d.Replace([]api.ServedEntityInput{entity("a"), entity("b")}, map[string]int{"a": 20, "b": 80})
		}, "a=20 b=80"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := New(config(tc.base), Memory{})
			if err := tc.edit(d); err != nil {
				t.Fatal(err)
			}
			if got := FormatShares(d.Compile().Shares); got != tc.want {
				t.Errorf("split is %q, want %q", got, tc.want)
			}
		})
	}
}

// One claim at a time, as -parallelism=1 does it, must end where all at once end, and squeeze nobody for good.
func TestClaimsOneByOneEndWhereAllAtOnceEnd(t *testing.T) {
	base := config(map[string]int{"a": 0, "b": 97, "c": 1, "d": 2})
	claims := map[string]int{"a": 97, "b": 0}
	var memory Memory
	for _, name := range []string{"a", "b"} {
		d := New(base, memory)
		if err := d.Claim(name, claims[name]); err != nil {
			t.Fatal(err)
		}
		c := d.Compile()
		memory = d.Remember(c)
		base = config(c.Shares)
	}
	if got, want := FormatShares(Shares(base)), "a=97 b=0 c=1 d=2"; got != want {
		t.Errorf("split is %q, want %q", got, want)
	}
}

// A replacement is a removal and an addition, in two updates. What was claimed, here or by routes that this
// writer never saw, comes back with the name.
func TestAReplacedEntityGetsItsShareBack(t *testing.T) {
	for _, base := range []map[string]int{{"a": 70, "b": 30}, {"a": 0, "b": 100}, {"a": 100, "b": 0}, {"b": 100}, {"a": 45, "b": 33, "c": 22}} {
		for _, claimed := range []bool{false, true} {
			state, memory := config(base), Memory{}
			edit := func(m func(d *Draft) error) {
				t.Helper()
				d := New(state, memory)
				if err := m(d); err != nil {
					t.Fatal(err)
				}
				c := d.Compile()
				if unmet := d.Unmet([]string{"b"}, c); unmet != "" {
					t.Error(unmet)
				}
				memory, state = d.Remember(c), config(c.Shares)
			}
			if claimed {
				edit(func(d *Draft) error { return d.Claim("b", base["b"]) })
			}
			edit(func(d *Draft) error { d.RemoveEntity("b"); return nil })
			edit(func(d *Draft) error { return d.AddEntity(entity("b")) })
			if got, want := FormatShares(Shares(state)), FormatShares(base); got != want {
				t.Errorf("claimed %v: the split is %s, want %s", claimed, got, want)
			}
		}
	}
}

func TestASplitOfSomebodyElseCountsAnew(t *testing.T) {
	d := New(config(map[string]int{"a": 100, "b": 0, "c": 0}), Memory{})
	memory := d.Remember(d.Compile())
	d = New(config(map[string]int{"a": 40, "b": 40, "c": 20}), memory) // moved by hand meanwhile
	if err := d.Claim("c", 50); err != nil {
		t.Fatal(err)
	}
	if got, want := FormatShares(d.Compile().Shares), "a=25 b=25 c=50"; got != want {
		t.Errorf("split is %q, want %q", got, want)
	}
}

func TestUnmetNamesTheSplit(t *testing.T) {
	d := New(config(map[string]int{"a": 50, "b": 50}), Memory{})
	if err := errors.Join(d.Claim("a", 90), d.Claim("b", 30)); err != nil {
		t.Fatal(err)
	}
	want := `"b" asks for 30 % and has 25 %; the split is a=75 b=25`
	if got := d.Unmet([]string{"b"}, d.Compile()); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	d.Release("a")
	if got := d.Unmet([]string{"a", "b"}, d.Compile()); got != "" {
		t.Errorf("a claim that fits is unmet: %q", got)
	}
}

func TestMutationsName(t *testing.T) {
	d := New(config(map[string]int{"a": 100}), Memory{})
	other := entity("a")
	other.EntityVersion = "2"
	for name, tc := range map[string]struct{ got, want error }{
		"adding over another spec": {d.Fork().AddEntity(other), ErrEntityExists},
		"claiming for nobody":      {d.Fork().Claim("z", 10), ErrNoEntity},
		"traffic for nobody":       {d.Fork().Replace([]api.ServedEntityInput{entity("b")}, map[string]int{"b": 90, "z": 10}), ErrNoEntity},
		"the same name twice":      {d.Fork().Replace([]api.ServedEntityInput{entity("b"), entity("b")}, nil), ErrEntityExists},
		"adopting the same spec":   {d.Fork().AddEntity(entity("a")), nil},
	} {
		if !errors.Is(tc.got, tc.want) {
			t.Errorf("%s: got %v, want %v", name, tc.got, tc.want)
		}
	}
	if err := errors.Join(d.AddEntity(entity("b")), d.AddEntity(entity("b"))); !errors.Is(err, ErrEntityExists) {
		t.Errorf("adding twice in one draft: got %v", err)
	}
	if err := d.Claim("a", 101); err == nil {
		t.Error("a claim of 101 is taken")
	}
}

// Whatever is edited in whatever order, the document is valid, and claims that can be honoured are.
func TestCompileIsAlwaysValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"a", "b", "c", "d", "e"}
		base := map[string]int{}
		for _, n := range names[:rapid.IntRange(0, 5).Draw(t, "base")] {
			base[n] = rapid.IntRange(0, 100).Draw(t, n)
		}
		var memory Memory
		state := config(base)
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			d := New(state, memory)
			for i := range rapid.IntRange(0, 6).Draw(t, "edits") {
				name := rapid.SampledFrom(names).Draw(t, fmt.Sprint("name", i))
				switch rapid.IntRange(0, 3).Draw(t, fmt.Sprint("op", i)) {
				case 0:
					_ = d.SetEntity(entity(name))
				case 1:
					d.RemoveEntity(name)
				case 2:
					_ = d.Claim(name, rapid.IntRange(0, 100).Draw(t, fmt.Sprint("percent", i)))
				case 3:
					d.Release(name)
				}
			}
			c := d.Compile()
			check(t, d, c)
			if again := d.Compile(); !maps.Equal(c.Shares, again.Shares) {
				t.Fatalf("compiling twice differs: %v, %v", c.Shares, again.Shares)
			}
			memory = d.Remember(c)
			state = config(c.Shares)
			if !Same(state, New(state, memory).Compile()) {
				t.Fatalf("an untouched draft changes %v", c.Shares)
			}
		}
	})
}

func check(t *rapid.T, d *Draft, c Compiled) {
	entities := map[string]bool{}
	for _, e := range c.Config.ServedEntities {
		entities[e.Name] = true
	}
	if len(entities) == 0 {
		if c.Config.TrafficConfig != nil {
			t.Fatal("traffic without entities")
		}
		return
	}
	sum, claimed, claims := 0, 0, 0
	for _, r := range c.Config.TrafficConfig.Routes {
		if !entities[r.ServedEntityName] || r.TrafficPercentage < 0 {
			t.Fatalf("bad route %+v", r)
		}
		sum += int(r.TrafficPercentage)
		if percent, ok := d.claims[r.ServedEntityName]; ok {
			claims++
			claimed += percent
		}
	}
	if sum != 100 {
		t.Fatalf("the split %v sums to %d", c.Shares, sum)
	}
	if claimed == 100 || claimed < 100 && claims < len(entities) {
		for name := range entities {
			if percent, ok := d.claims[name]; ok && c.Shares[name] != percent {
				t.Fatalf("the claim of %d for %q fits and is not honoured: %v", percent, name, c.Shares)
			}
		}
	}
}
