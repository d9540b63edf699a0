package mockserver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// putAIGateway answers put_ai_gateway: a full replacement, which an empty body clears. It neither waits for
// a rollout nor makes a config version.
func (s *Server) putAIGateway(x *exchange, req api.AIGateway) (api.AIGateway, error) {
	r, err := x.tenant.update(x.ctx, x.vars["name"], s.opts.Progression, x.now, func(r *draft) error {
		if err := checkGateway(&req, r.AIGateway, ""); err != nil {
			return err
		}
		r.AIGateway = completeGateway(&req, r.Name)
		r.Updated = x.now
		return nil
	})
	if err != nil {
		return api.AIGateway{}, err
	}
	return deref(r.AIGateway.Clone()), nil
}

// putRateLimits answers put_rate_limits, deprecated: what it sets is never echoed by an endpoint.
func (s *Server) putRateLimits(x *exchange, req api.RateLimits) (api.RateLimits, error) {
	if err := checkLegacyLimits(req.RateLimits); err != nil {
		return api.RateLimits{}, err
	}
	_, err := x.tenant.update(x.ctx, x.vars["name"], s.opts.Progression, x.now, func(r *draft) error {
		r.RateLimits, r.Updated = req.RateLimits, x.now
		return nil
	})
	return req, err
}

// completeGateway fills in defaults; nil where nothing is set.
func completeGateway(g *api.AIGateway, endpoint string) *api.AIGateway {
	g = g.Clone()
	if g == nil || (g.FallbackConfig == nil && g.Guardrails == nil && g.InferenceTableConfig == nil && len(g.RateLimits) == 0 && g.UsageTrackingConfig == nil) {
		return nil
	}
	if t := g.InferenceTableConfig; t != nil && t.TableNamePrefix == "" {
		t.TableNamePrefix = endpoint
	}
	for i := range g.RateLimits {
		if g.RateLimits[i].Key == "" {
			g.RateLimits[i].Key = "endpoint"
		}
	}
	return g
}

func checkGateway(g, before *api.AIGateway, prefix string) error {
	if g == nil {
		return nil
	}
	if err := checkLimits(g.RateLimits, prefix+"rate_limits"); err != nil {
		return err
	}
	if err := checkInferenceTable(g.InferenceTableConfig, before, prefix+"inference_table_config"); err != nil {
		return err
	}
	if g.Guardrails == nil {
		return nil
	}
	for _, d := range []struct {
		field  string
		params *api.GuardrailParameters
	}{{"input", g.Guardrails.Input}, {"output", g.Guardrails.Output}} {
		if d.params == nil || d.params.PII == nil {
			continue
		}
		if behaviors := []string{"", "NONE", "BLOCK", "MASK"}; !slices.Contains(behaviors, d.params.PII.Behavior) {
			return invalid(prefix+"guardrails."+d.field+".pii.behavior", "must be one of NONE, BLOCK, MASK, got '%s'", d.params.PII.Behavior)
		}
	}
	return nil
}

// checkInferenceTable: catalog, schema and prefix change only while the table is disabled.
func checkInferenceTable(t *api.InferenceTableConfig, before *api.AIGateway, at string) error {
	if t == nil || t.Enabled == nil || !*t.Enabled {
		return nil
	}
	if t.CatalogName == "" || t.SchemaName == "" {
		return invalid(at, "needs catalog_name and schema_name to be enabled")
	}
	if before == nil || before.InferenceTableConfig == nil {
		return nil
	}
	old := before.InferenceTableConfig
	moved := t.CatalogName != old.CatalogName || t.SchemaName != old.SchemaName || (t.TableNamePrefix != "" && t.TableNamePrefix != old.TableNamePrefix)
	if deref(old.Enabled) && moved {
		return invalid(at, "must be disabled before catalog_name, schema_name or table_name_prefix change")
	}
	return nil
}

func checkLimits(limits []api.RateLimit, field string) error {
	keys := []string{"", "endpoint", "user", "user_group", "service_principal"}
	for i, l := range limits {
		at := fmt.Sprintf("%s[%d]", field, i)
		switch {
		case l.RenewalPeriod != "minute":
			return invalid(at+".renewal_period", "must be minute, got '%s'", l.RenewalPeriod)
		case !slices.Contains(keys, l.Key):
			return invalid(at+".key", "must be one of %s, got '%s'", strings.Join(keys[1:], ", "), l.Key)
		case l.Calls == nil && l.Tokens == nil:
			return invalid(at, "must have calls or tokens")
		case l.Calls != nil && *l.Calls < 0:
			return invalid(at+".calls", "must not be negative, got %d", *l.Calls)
		case l.Tokens != nil && *l.Tokens < 0:
			return invalid(at+".tokens", "must not be negative, got %d", *l.Tokens)
		case l.Principal == "" && (l.Key == "user_group" || l.Key == "service_principal"):
			return invalid(at+".principal", "is required with key %s", l.Key)
		}
	}
	return nil
}

// checkLegacyLimits is stricter: calls alone, per user or endpoint.
func checkLegacyLimits(limits []api.RateLimit) error {
	for i, l := range limits {
		at := fmt.Sprintf("rate_limits[%d]", i)
		switch {
		case l.Calls == nil:
			return invalid(at+".calls", "is required")
		case l.Tokens != nil || l.Principal != "":
			return invalid(at, "has calls, key and renewal_period only")
		case l.Key != "" && l.Key != "user" && l.Key != "endpoint":
			return invalid(at+".key", "must be user or endpoint, got '%s'", l.Key)
		}
	}
	return checkLimits(limits, "rate_limits")
}
