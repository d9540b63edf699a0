package mockserver

import (
	"slices"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// patchNotifications answers patch_notifications.
func (s *Server) patchNotifications(x *exchange, req api.Notifications) (api.Notifications, error) {
	if req.Name != "" && req.Name != x.vars["name"] {
		return api.Notifications{}, invalid("name", "must be the endpoint of the path, '%s', got '%s'", x.vars["name"], req.Name)
	}
	r, err := x.tenant.update(x.ctx, x.vars["name"], s.opts.Progression, x.now, func(r *draft) error {
		r.Notifications, r.Updated = req.EmailNotifications.Clone(), x.now
		return nil
	})
	if err != nil {
		return api.Notifications{}, err
	}
	return api.Notifications{Name: r.Name, EmailNotifications: r.Notifications.Clone()}, nil
}

// patchTelemetry answers patch_telemetry: for endpoints with custom models alone, and not during an update.
func (s *Server) patchTelemetry(x *exchange, req api.PatchTelemetry) (api.Endpoint, error) {
	return s.change(x, func(r *draft) error {
		if r.updating() {
			return currentlyUpdating(r.Name)
		}
		if err := checkTelemetry(r.record, req.TelemetryConfig); err != nil {
			return err
		}
		r.Telemetry, r.Updated = storedTelemetry(req.TelemetryConfig), x.now
		return nil
	})
}

func checkTelemetry(r *record, t *api.TelemetryConfig) error {
	spec, ok := r.firstSpec()
	switch {
	case !ok:
		return invalid("telemetry_config", "is for endpoints with custom models, this one is of type NO_CONFIG")
	case spec.ExternalModel != nil:
		return invalid("telemetry_config", "is for endpoints with custom models, this one is of type EXTERNAL_MODELS")
	case t == nil:
		return nil
	case t.TelemetryProfileID != "" && t.TableNames != nil:
		return invalid("telemetry_config.table_names", "and telemetry_profile_id exclude each other")
	}
	if i := t.InferenceTableConfig; i != nil && i.SamplingFraction != nil && (*i.SamplingFraction < 0 || *i.SamplingFraction > 1) {
		return invalid("telemetry_config.inference_table_config.sampling_fraction", "must be between 0 and 1, got %g", *i.SamplingFraction)
	}
	features := []string{"TELEMETRY_FEATURE_INFERENCE_TABLE", "TELEMETRY_FEATURE_LOGS", "TELEMETRY_FEATURE_METRICS", "TELEMETRY_FEATURE_TRACES"}
	for _, f := range t.EnabledTelemetryFeatures {
		if !slices.Contains(features, f) {
			return invalid("telemetry_config.enabled_telemetry_features", "has an unknown feature '%s'", f)
		}
	}
	return nil
}

// storedTelemetry is what stays of a telemetry config: the names of tables are consumed, never returned.
func storedTelemetry(t *api.TelemetryConfig) *api.TelemetryConfig {
	t = t.Clone()
	if t != nil {
		t.TableNames = nil
	}
	return t
}
