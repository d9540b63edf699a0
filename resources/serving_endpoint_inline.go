package resources

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/coordinator"
	"github.com/inference-iac/terraform-provider-inference/internal/endpointconfig"
)

// entities are the inline entities by name, those that are known.
func (m endpointModel) entities() map[string]entityModel {
	o := map[string]entityModel{}
	if !known(m.ServedEntities) {
		return o
	}
	for name, v := range m.ServedEntities.Elements() {
		if e, ok := entityOf(v); ok {
			o[name] = e
		}
	}
	return o
}

// entityOf reads an element of served_entities; ok is false for what is not known.
func entityOf(v attr.Value) (e entityModel, ok bool) {
	o, isObject := v.(types.Object)
	if !isObject || !known(o) {
		return e, false
	}
	// The schema decides the types, and unknown values have a place in the model, so there is nothing to report.
	d := o.As(context.Background(), &e, basetypes.ObjectAsOptions{})
	return e, !d.HasError()
}

// percentages are the inline traffic, nil where it is not managed.
func (m endpointModel) percentages() map[string]int {
	if !known(m.Traffic) {
		return nil
	}
	o := map[string]int{}
	for name, v := range m.Traffic.Elements() {
		if n, ok := v.(types.Int64); ok {
			o[name] = int(n.ValueInt64())
		}
	}
	return o
}

// listing is the edit that makes the endpoint serve exactly what the configuration lists.
func (m endpointModel) listing() (coordinator.Mutation, error) {
	var inputs []api.ServedEntityInput
	entities := m.entities()
	for _, name := range slices.Sorted(maps.Keys(entities)) {
		in, err := entities[name].expand(name)
		if err != nil {
			return nil, fmt.Errorf("served entity %q: %w", name, err)
		}
		inputs = append(inputs, in)
	}
	capture, err := expandWire[api.AutoCaptureConfig](m.AutoCaptureConfig)
	if err != nil {
		return nil, fmt.Errorf("auto_capture_config: %w", err)
	}
	if capture != nil && capture.TableNamePrefix == "" {
		capture.TableNamePrefix = m.Name.ValueString()
	}
	traffic := m.percentages()
	return func(d *endpointconfig.Draft) error {
		d.SetAutoCapture(capture)
		return d.Replace(inputs, traffic)
	}, nil
}

// firstConfig is what a new endpoint serves from the start; nil in the composed style.
func (m endpointModel) firstConfig() (*endpointconfig.Compiled, error) {
	if !m.inline() {
		return nil, nil
	}
	list, err := m.listing()
	if err != nil {
		return nil, err
	}
	d := endpointconfig.New(nil, endpointconfig.Memory{})
	if err := list(d); err != nil {
		return nil, err
	}
	c := d.Compile()
	return &c, nil
}

// flattenInline shows entities, traffic and capture where they are managed here.
func (m *endpointModel) flattenInline(ep api.Endpoint, seen view) error {
	if !m.inline() && !seen.inline {
		m.Traffic = types.MapNull(types.Int64Type)
		return nil
	}
	c := ep.Target()
	if c == nil {
		c = ep.PendingConfig // a first rollout failed, and this is all that there is
	}
	if c == nil {
		c = &api.ConfigOutput{}
	}
	prior := m.entities()
	values := map[string]attr.Value{}
	for _, e := range c.ServedEntities {
		p, had := prior[e.Name]
		if !had {
			p = nullEntity()
		}
		shown, err := p.flatten(e, seen.memories[e.Name], !had)
		if err != nil {
			return err
		}
		values[e.Name] = shown.value()
	}
	m.ServedEntities = types.MapValueMust(entityType(), values)
	m.Traffic = trafficOf(endpointconfig.Shares(c))
	capture, err := flattenWire(captureType(), withoutState(c.AutoCaptureConfig))
	m.AutoCaptureConfig = capture
	return err
}

// servesSame reports whether a planned endpoint serves nothing else than the state says. What is unknown is
// the server's to fill in, unless the configuration has just given the choice back to it.
func (m endpointModel) servesSame(state endpointModel, given, before memories) bool {
	have, want := state.entities(), m.entities()
	for name, e := range want {
		h, ok := have[name]
		if !ok || !e.sameOnWire(h) || !slices.Equal(given[name].Given, before[name].Given) {
			return false
		}
	}
	return len(have) == len(want) && !changed(m.AutoCaptureConfig, state.AutoCaptureConfig) &&
		!changed(m.Traffic, state.Traffic)
}

// trafficOf is a split as the state shows it, every entity with its percentage.
func trafficOf(shares map[string]int) types.Map {
	values := map[string]attr.Value{}
	for name, percent := range shares {
		values[name] = types.Int64Value(int64(percent))
	}
	return types.MapValueMust(types.Int64Type, values)
}

func withoutState(c *api.AutoCaptureConfig) *api.AutoCaptureConfig {
	c = c.Clone()
	if c != nil {
		c.State = nil
		if c.Enabled == nil {
			enabled := true
			c.Enabled = &enabled
		}
	}
	return c
}

// settledEntities is settled for each inline entity.
func settledEntities(planned, shown types.Map, dropped *[]string) types.Map {
	if !known(planned) {
		return shown
	}
	values := map[string]attr.Value{}
	for name, v := range planned.Elements() {
		p, _ := entityOf(v)
		s, ok := entityOf(shown.Elements()[name])
		if !ok {
			s = nullEntity()
		}
		e, lost := p.settled(s)
		for _, at := range lost {
			*dropped = append(*dropped, "served_entities."+name+"."+at)
		}
		values[name] = e.value()
	}
	return types.MapValueMust(entityType(), values)
}
