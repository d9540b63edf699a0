package api

import "slices"

// Tag is a key and an optional value on an endpoint. The server does not keep their order.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value,omitempty"`
}

// PatchTags is the body of PATCH .../tags: adding an existing key replaces its value.
type PatchTags struct {
	AddTags    []Tag    `json:"add_tags,omitempty"`
	DeleteTags []string `json:"delete_tags,omitempty"`
}

// TagList is the answer to PATCH .../tags.
type TagList struct {
	Tags []Tag `json:"tags"`
}

// EmailNotifications lists who hears of finished updates.
type EmailNotifications struct {
	OnUpdateFailure []string `json:"on_update_failure,omitempty"`
	OnUpdateSuccess []string `json:"on_update_success,omitempty"`
}

// Clone returns a deep copy; nil clones to nil.
func (n *EmailNotifications) Clone() *EmailNotifications {
	if n == nil {
		return nil
	}
	return &EmailNotifications{slices.Clone(n.OnUpdateFailure), slices.Clone(n.OnUpdateSuccess)}
}

// Notifications is the body (without Name) and the answer of PATCH .../notifications.
type Notifications struct {
	Name               string              `json:"name,omitempty"`
	EmailNotifications *EmailNotifications `json:"email_notifications,omitempty"`
}

// TelemetryConfig exports logs, metrics and traces of custom models. TableNames is consumed, never returned.
type TelemetryConfig struct {
	TelemetryProfileID       string                   `json:"telemetry_profile_id,omitempty"`
	TableNames               *TelemetryTables         `json:"table_names,omitempty"`
	InferenceTableConfig     *TelemetryInferenceTable `json:"inference_table_config,omitempty"`
	EnabledTelemetryFeatures []string                 `json:"enabled_telemetry_features,omitempty"`
}

// TelemetryTables names the tables that telemetry is written to.
type TelemetryTables struct {
	Logs    string `json:"logs_table_name,omitempty"`
	Metrics string `json:"metrics_table_name,omitempty"`
	Traces  string `json:"traces_table_name,omitempty"`
}

// TelemetryInferenceTable samples payloads into a table; the fraction is between 0 and 1.
type TelemetryInferenceTable struct {
	Name             string   `json:"name,omitempty"`
	SamplingFraction *float64 `json:"sampling_fraction,omitempty"`
}

// Clone returns a deep copy; nil clones to nil.
func (t *TelemetryConfig) Clone() *TelemetryConfig {
	if t == nil {
		return nil
	}
	o := *t
	o.TableNames = clonePtr(t.TableNames)
	if i := t.InferenceTableConfig; i != nil {
		o.InferenceTableConfig = &TelemetryInferenceTable{i.Name, clonePtr(i.SamplingFraction)}
	}
	o.EnabledTelemetryFeatures = slices.Clone(t.EnabledTelemetryFeatures)
	return &o
}

// PatchTelemetry is the body of PATCH .../telemetry-config; without a config it removes what was set.
type PatchTelemetry struct {
	TelemetryConfig *TelemetryConfig `json:"telemetry_config,omitempty"`
}

// OptimizationInfo is the answer to GET .../get-model-optimization-info. The chunk size, in tokens per
// second, is absent where the model is not optimizable.
type OptimizationInfo struct {
	Optimizable         bool   `json:"optimizable"`
	ModelType           string `json:"model_type,omitempty"`
	ThroughputChunkSize int64  `json:"throughput_chunk_size,omitempty"`
}

// Logs is the answer to the two log routes of a served entity.
type Logs struct {
	Logs string `json:"logs"`
}
