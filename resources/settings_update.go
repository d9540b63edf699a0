package resources

import (
	"context"
	"errors"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/client"
)

// updateSettings sends each setting that changed over its own route, and names the one that failed.
func (r *servingEndpoint) updateSettings(ctx context.Context, plan, state endpointModel) (failed string, err error) {
	want, err := plan.settings()
	if err != nil {
		return "the settings", err
	}
	have, err := state.settings()
	if err != nil {
		return "the settings", err
	}
	name := plan.Name.ValueString()
	for _, write := range []struct {
		what    string
		changed bool
		send    func() error
	}{
		{"the tags", !plan.Tags.Equal(state.Tags), func() error { return r.sendTags(ctx, plan, state) }},
		{"the AI gateway", changed(plan.AIGateway, state.AIGateway), func() error { return r.sendGateway(ctx, name, want.gateway, have.gateway) }},
		{"the notifications", changed(plan.EmailNotifications, state.EmailNotifications), func() error {
			return r.client.PatchNotifications(ctx, name, want.notifications)
		}},
		{"the telemetry", changed(plan.TelemetryConfig, state.TelemetryConfig), func() error { return r.sendTelemetry(ctx, name, want.telemetry) }},
	} {
		if !write.changed {
			continue
		}
		err := write.send()
		r.coordinator.Forget(name)
		if err != nil {
			return write.what, err
		}
	}
	return "", nil
}

// sendTags sends what was added, changed and removed in one request.
func (r *servingEndpoint) sendTags(ctx context.Context, plan, state endpointModel) error {
	patch, changed := tagChanges(stringsOf(state.Tags), stringsOf(plan.Tags))
	if !changed {
		return nil
	}
	_, err := r.client.PatchTags(ctx, plan.Name.ValueString(), patch)
	return err
}

// sendGateway replaces the gateway's settings. An inference table that moves is disabled first, because the
// server moves no enabled one.
func (r *servingEndpoint) sendGateway(ctx context.Context, name string, want, have *api.AIGateway) error {
	if want == nil {
		want = &api.AIGateway{}
	}
	if moved(want, have) {
		off := want.Clone()
		table := *have.InferenceTableConfig
		table.Enabled = new(bool)
		off.InferenceTableConfig = &table
		if err := r.client.PutAIGateway(ctx, name, *off); err != nil {
			return err
		}
	}
	return r.client.PutAIGateway(ctx, name, *want)
}

func moved(want, have *api.AIGateway) bool {
	if have == nil || have.InferenceTableConfig == nil || !value(have.InferenceTableConfig.Enabled) || want.InferenceTableConfig == nil {
		return false
	}
	from, to := *have.InferenceTableConfig, *want.InferenceTableConfig
	return from.CatalogName != to.CatalogName || from.SchemaName != to.SchemaName || from.TableNamePrefix != to.TableNamePrefix
}

// sendTelemetry waits for a running update to end, which the server demands, and starts over if another one
// slipped in between.
func (r *servingEndpoint) sendTelemetry(ctx context.Context, name string, want *api.TelemetryConfig) error {
	for {
		r.coordinator.Forget(name)
		quiet := func(ep api.Endpoint) (bool, error) { return !ep.Updating(), nil }
		if _, err := r.coordinator.Await(ctx, name, quiet); err != nil {
			return err
		}
		if err := r.client.PatchTelemetry(ctx, name, want); !errors.Is(err, client.ErrConflict) {
			return err
		}
	}
}
