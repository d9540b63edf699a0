package resources

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// settings are what an endpoint has besides its config, each with a route of its own; nil is not set.
type settings struct {
	gateway       *api.AIGateway
	notifications *api.EmailNotifications
	telemetry     *api.TelemetryConfig
}

// settings are the configured ones. A plan that is applied is known, but for what the server fills in.
func (m endpointModel) settings() (s settings, err error) {
	if s.gateway, err = expandWire[api.AIGateway](m.AIGateway); err != nil {
		return s, err
	}
	if s.notifications, err = expandWire[api.EmailNotifications](m.EmailNotifications); err != nil {
		return s, err
	}
	s.telemetry, err = expandWire[api.TelemetryConfig](m.TelemetryConfig)
	return s, err
}

// flattenSettings shows the settings of the endpoint, over the prior ones.
func (m *endpointModel) flattenSettings(ep api.Endpoint) error {
	gateway, err := flattenWire(gatewayType(), sortedLike(m.AIGateway, ep.AIGateway))
	if err != nil {
		return err
	}
	notifications, err := flattenWire(notificationsType(), ep.EmailNotifications)
	if err != nil {
		return err
	}
	telemetry, err := flattenWire(telemetryType(), ep.TelemetryConfig)
	if err != nil {
		return err
	}
	m.AIGateway = keptEmpty(m.AIGateway, gateway)
	m.EmailNotifications = keptEmpty(m.EmailNotifications, notifications)
	m.TelemetryConfig = keptEmpty(m.TelemetryConfig, keptTables(m.TelemetryConfig, telemetry))
	return nil
}

// keptEmpty is keepEmpty for a whole setting: an empty one says as much as none.
func keptEmpty(prior, have types.Object) types.Object {
	if isEmpty(have) {
		have = types.ObjectNull(have.AttributeTypes(context.Background()))
	}
	if o, ok := keepEmpty(prior, have).(types.Object); ok {
		return o
	}
	return have
}

// keptTables takes table_names from the prior state: the server consumes and never shows them.
func keptTables(prior, have types.Object) types.Object {
	tables := objectAt(prior, "table_names")
	if !known(tables) || have.IsNull() {
		return have
	}
	values := have.Attributes()
	values["table_names"] = tables
	return types.ObjectValueMust(telemetryType().AttrTypes, values)
}

// sortedLike returns g with its rate limits in the order of the prior state, if they are the same: the server
// need not keep it, and it means nothing.
func sortedLike(prior types.Object, g *api.AIGateway) *api.AIGateway {
	before, err := expandWire[api.AIGateway](prior)
	if err != nil || before == nil || g == nil {
		return g
	}
	rank := func(l api.RateLimit) int {
		return slices.IndexFunc(before.RateLimits, func(b api.RateLimit) bool { return sameJSON(b, l) })
	}
	if slices.ContainsFunc(g.RateLimits, func(l api.RateLimit) bool { return rank(l) < 0 }) {
		return g
	}
	g = g.Clone()
	slices.SortStableFunc(g.RateLimits, func(a, b api.RateLimit) int { return rank(a) - rank(b) })
	return g
}

// sameJSON compares two wire values by what they say on the wire.
func sameJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// changed reports whether a planned value asks for anything that the state lacks.
func changed(planned, state attr.Value) bool { return !planned.IsUnknown() && !planned.Equal(state) }
