package endpointconfig

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// Errors of mutations. Both name the served entity in their wrapping.
var (
	ErrEntityExists = errors.New("a served entity of this name exists with other settings")
	ErrNoEntity     = errors.New("no served entity of this name")
)

// Memory is what one writer remembers of an endpoint between two drafts. The API holds shares only, so who
// claimed which, and what the others had before they were squeezed, is remembered here.
type Memory struct {
	claims  map[string]int // entity → percent that a route asks for
	weights map[string]int // entity → percent to fall back to without a claim
	written map[string]int // the split that this writer compiled last
}

// Draft is a config being edited. It is not safe for concurrent use.
type Draft struct {
	entities map[string]api.ServedEntityInput
	capture  *api.AutoCaptureConfig
	shares   map[string]int // what the endpoint has, before any edit
	claims   map[string]int
	weights  map[string]int
	touched  map[string]bool // entities and claims that the mutations since Fork named
	added    map[string]bool // entities that a mutation of this draft added
}

// New starts a draft from base, nil for an endpoint without a config, and what the writer remembers. A split
// that is not the one that was written last is somebody else's, and counts anew.
func New(base *api.ConfigOutput, m Memory) *Draft {
	d := &Draft{
		entities: map[string]api.ServedEntityInput{},
		shares:   Shares(base),
		claims:   map[string]int{},
		weights:  map[string]int{},
		touched:  map[string]bool{},
		added:    map[string]bool{},
	}
	maps.Copy(d.claims, m.claims)
	if sameShares(d.shares, m.written) {
		maps.Copy(d.weights, m.weights)
	} else {
		maps.Copy(d.weights, d.shares)
	}
	if base != nil {
		for _, e := range base.ServedEntities {
			d.entities[e.Name] = carried(e.Input())
		}
		d.capture = withoutState(base.AutoCaptureConfig)
	}
	return d
}

// Fork returns a copy that a mutation may edit, and throw away if it fails. The copy has touched nothing yet.
func (d *Draft) Fork() *Draft {
	return &Draft{
		entities: maps.Clone(d.entities), // mutations replace entities whole, so the values need no clone
		shares:   d.shares,
		capture:  d.capture.Clone(),
		claims:   maps.Clone(d.claims),
		weights:  maps.Clone(d.weights),
		touched:  map[string]bool{},
		added:    maps.Clone(d.added),
	}
}

// AddEntity adds a served entity. One of the same name with the same settings is adopted, because that is what
// an earlier try whose answer was lost leaves behind; other settings, or a second one in the same draft, are
// ErrEntityExists.
func (d *Draft) AddEntity(e api.ServedEntityInput) error {
	name := e.ResolvedName()
	if have, ok := d.entities[name]; ok && (d.added[name] || !SameEntity(have, e)) {
		return fmt.Errorf("%w: %q", ErrEntityExists, name)
	}
	d.added[name] = true
	d.put(name, e)
	return nil
}

// SetEntity makes the served entity what e says, whether it is there or has vanished meanwhile.
func (d *Draft) SetEntity(e api.ServedEntityInput) error {
	d.put(e.ResolvedName(), e)
	return nil
}

func (d *Draft) put(name string, e api.ServedEntityInput) {
	e = e.Clone()
	e.Name = name
	d.entities[name] = e
	d.touched[name] = true
}

// RemoveEntity removes a served entity. One that is not there is fine. Its claim, or the share that it had, comes
// back with an entity of the same name, because a replacement is a removal and an addition, and the route to it
// is no part of either.
func (d *Draft) RemoveEntity(name string) {
	delete(d.entities, name)
	d.touched[name] = true
}

// Claim asks for an exact share of traffic, 0 to 100 percent.
func (d *Draft) Claim(entity string, percent int) error {
	if _, ok := d.entities[entity]; !ok {
		return fmt.Errorf("%w: %q", ErrNoEntity, entity)
	}
	if percent < 0 || percent > 100 {
		return fmt.Errorf("traffic percentage of %q must be between 0 and 100, got %d", entity, percent)
	}
	d.claims[entity] = percent
	d.touched[entity] = true
	return nil
}

// Release gives a claim up: the entity keeps its share as long as nobody else claims it.
func (d *Draft) Release(entity string) {
	if percent, ok := d.claims[entity]; ok {
		d.weights[entity] = percent
		delete(d.claims, entity)
	}
	d.touched[entity] = true
}

// Replace makes entities the only ones, and traffic their exact shares. A nil traffic keeps the present shares.
func (d *Draft) Replace(entities []api.ServedEntityInput, traffic map[string]int) error {
	wanted := map[string]api.ServedEntityInput{}
	for _, e := range entities {
		name := e.ResolvedName()
		if _, twice := wanted[name]; twice {
			return fmt.Errorf("%w: %q stands twice", ErrEntityExists, name)
		}
		wanted[name] = e
	}
	for name := range d.entities {
		if _, ok := wanted[name]; !ok {
			d.RemoveEntity(name)
		}
	}
	for name, e := range wanted {
		d.put(name, e)
	}
	if traffic == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if err := d.Claim(name, traffic[name]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(traffic)) {
		if _, ok := wanted[name]; !ok {
			return fmt.Errorf("%w: traffic names %q", ErrNoEntity, name)
		}
	}
	return nil
}

// SetAutoCapture sets the legacy inference table; nil removes it.
func (d *Draft) SetAutoCapture(c *api.AutoCaptureConfig) { d.capture = withoutState(c) }

// Touched names the entities that were edited since Fork, sorted.
func (d *Draft) Touched() []string { return slices.Sorted(maps.Keys(d.touched)) }

// Remember is what to hand to the next draft, once the API has taken c, which Compile made of this one. The
// weights stay what they were before claims and removals squeezed anybody.
func (d *Draft) Remember(c Compiled) Memory {
	return Memory{claims: maps.Clone(d.claims), weights: maps.Clone(d.weights), written: maps.Clone(c.Shares)}
}
