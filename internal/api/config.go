package api

import (
	"encoding/json"
	"slices"
)

// ConfigInput is what an endpoint shall serve: the body of PUT .../config, which replaces the whole config,
// and of CreateEndpoint.Config. ServedModels is the deprecated form of ServedEntities; a request holds one of
// the two.
type ConfigInput struct {
	ServedEntities    []ServedEntityInput `json:"served_entities,omitempty"`
	ServedModels      []ServedModelInput  `json:"served_models,omitempty"`
	TrafficConfig     *TrafficConfig      `json:"traffic_config,omitempty"`
	AutoCaptureConfig *AutoCaptureConfig  `json:"auto_capture_config,omitempty"`
}

// MarshalJSON writes an empty, non-nil list of entities as [], because removing the last one is a request of
// its own, different from leaving the list out.
func (c ConfigInput) MarshalJSON() ([]byte, error) {
	type plain ConfigInput
	if c.ServedEntities == nil || len(c.ServedEntities) > 0 {
		return json.Marshal(plain(c))
	}
	return json.Marshal(struct {
		ServedEntities []ServedEntityInput `json:"served_entities"`
		plain
	}{c.ServedEntities, plain(c)})
}

// ModelUnits reports whether the config is for the routes under /pt: it has entities, and all of them are
// provisioned by model units.
func (c ConfigInput) ModelUnits() bool {
	other := func(e ServedEntityInput) bool { return e.ProvisionedModelUnits == nil }
	return len(c.ServedEntities) > 0 && !slices.ContainsFunc(c.ServedEntities, other)
}

// Clone returns a deep copy.
func (c ConfigInput) Clone() ConfigInput {
	c.ServedEntities = slices.Clone(c.ServedEntities)
	for i, e := range c.ServedEntities {
		c.ServedEntities[i] = e.Clone()
	}
	c.ServedModels = slices.Clone(c.ServedModels)
	for i, m := range c.ServedModels {
		c.ServedModels[i] = m.Clone()
	}
	c.TrafficConfig = c.TrafficConfig.Clone()
	c.AutoCaptureConfig = c.AutoCaptureConfig.Clone()
	return c
}

// ConfigOutput is a config as answers show it. ServedModels always mirrors ServedEntities.
type ConfigOutput struct {
	ServedEntities    []ServedEntity     `json:"served_entities,omitempty"`
	ServedModels      []ServedModel      `json:"served_models,omitempty"`
	TrafficConfig     *TrafficConfig     `json:"traffic_config,omitempty"`
	AutoCaptureConfig *AutoCaptureConfig `json:"auto_capture_config,omitempty"`
	ConfigVersion     int64              `json:"config_version,omitempty"`
	StartTime         int64              `json:"start_time,omitempty"` // epoch milliseconds; pending configs only
}

// Clone returns a deep copy; a nil config clones to nil.
func (c *ConfigOutput) Clone() *ConfigOutput {
	if c == nil {
		return nil
	}
	o := *c
	o.ServedEntities = slices.Clone(c.ServedEntities)
	for i, e := range o.ServedEntities {
		o.ServedEntities[i] = e.Clone()
	}
	o.ServedModels = slices.Clone(c.ServedModels)
	for i, m := range o.ServedModels {
		o.ServedModels[i] = m.Clone()
	}
	o.TrafficConfig = c.TrafficConfig.Clone()
	o.AutoCaptureConfig = c.AutoCaptureConfig.Clone()
	return &o
}

// TrafficConfig is the split of requests over served entities. The percentages sum to 100.
type TrafficConfig struct {
	Routes []Route `json:"routes"`
}

// Route is one served entity's share. Requests name the entity by either key; answers carry both with the
// same value.
type Route struct {
	ServedModelName   string  `json:"served_model_name,omitempty"`
	ServedEntityName  string  `json:"served_entity_name,omitempty"`
	TrafficPercentage Percent `json:"traffic_percentage"`
}

// Entity is the name of the served entity, whichever key holds it.
func (r Route) Entity() string {
	if r.ServedEntityName != "" {
		return r.ServedEntityName
	}
	return r.ServedModelName
}

// Clone returns a deep copy; nil clones to nil.
func (t *TrafficConfig) Clone() *TrafficConfig {
	if t == nil {
		return nil
	}
	return &TrafficConfig{Routes: slices.Clone(t.Routes)}
}

// AutoCaptureConfig is the legacy inference table of custom models. Catalog, schema and prefix are immutable
// once enabled.
type AutoCaptureConfig struct {
	CatalogName     string            `json:"catalog_name,omitempty"`
	SchemaName      string            `json:"schema_name,omitempty"`
	TableNamePrefix string            `json:"table_name_prefix,omitempty"`
	Enabled         *bool             `json:"enabled,omitempty"`
	State           *AutoCaptureState `json:"state,omitempty"` // answers only
}

// AutoCaptureState tells where the payloads go.
type AutoCaptureState struct {
	PayloadTable *PayloadTable `json:"payload_table,omitempty"`
}

// PayloadTable is the table of captured payloads.
type PayloadTable struct {
	Name          string `json:"name,omitempty"`
	Status        string `json:"status,omitempty"`
	StatusMessage string `json:"status_message,omitempty"`
}

// Clone returns a deep copy; nil clones to nil.
func (a *AutoCaptureConfig) Clone() *AutoCaptureConfig {
	if a == nil {
		return nil
	}
	o := *a
	o.Enabled = clonePtr(a.Enabled)
	if a.State != nil {
		o.State = &AutoCaptureState{PayloadTable: clonePtr(a.State.PayloadTable)}
	}
	return &o
}
