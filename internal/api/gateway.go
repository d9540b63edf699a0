package api

import "slices"

// AIGateway is the body and the answer of PUT .../ai-gateway, a full replacement: an empty body clears it.
type AIGateway struct {
	FallbackConfig       *FallbackConfig       `json:"fallback_config,omitempty"`
	Guardrails           *Guardrails           `json:"guardrails,omitempty"`
	InferenceTableConfig *InferenceTableConfig `json:"inference_table_config,omitempty"`
	RateLimits           []RateLimit           `json:"rate_limits,omitempty"`
	UsageTrackingConfig  *UsageTrackingConfig  `json:"usage_tracking_config,omitempty"`
}

// FallbackConfig tries the other entities, in list order, when the chosen one answers 429 or 5xx.
type FallbackConfig struct {
	Enabled bool `json:"enabled"`
}

// UsageTrackingConfig records usage in system tables.
type UsageTrackingConfig struct {
	Enabled *bool `json:"enabled,omitempty"`
}

// Guardrails look at requests (input) and answers (output).
type Guardrails struct {
	Input  *GuardrailParameters `json:"input,omitempty"`
	Output *GuardrailParameters `json:"output,omitempty"`
}

// GuardrailParameters is what one direction is checked for.
type GuardrailParameters struct {
	Safety          *bool        `json:"safety,omitempty"`
	PII             *PIIBehavior `json:"pii,omitempty"`
	InvalidKeywords []string     `json:"invalid_keywords,omitempty"` // deprecated
	ValidTopics     []string     `json:"valid_topics,omitempty"`     // deprecated
}

// PIIBehavior is NONE, BLOCK or MASK.
type PIIBehavior struct {
	Behavior string `json:"behavior,omitempty"`
}

// InferenceTableConfig logs requests and answers to a table. It must be disabled before catalog, schema or
// prefix change.
type InferenceTableConfig struct {
	Enabled         *bool  `json:"enabled,omitempty"`
	CatalogName     string `json:"catalog_name,omitempty"`
	SchemaName      string `json:"schema_name,omitempty"`
	TableNamePrefix string `json:"table_name_prefix,omitempty"` // default: the endpoint's name
}

// RateLimit bounds calls or tokens per renewal period. Zero blocks; nil does not limit.
type RateLimit struct {
	Calls         *int64 `json:"calls,omitempty"`
	Tokens        *int64 `json:"tokens,omitempty"`
	Key           string `json:"key,omitempty"` // endpoint (default), user, user_group or service_principal
	Principal     string `json:"principal,omitempty"`
	RenewalPeriod string `json:"renewal_period"` // minute
}

// RateLimits is the body and the answer of the deprecated PUT .../rate-limits.
type RateLimits struct {
	RateLimits []RateLimit `json:"rate_limits,omitempty"`
}

// Clone returns a deep copy; nil clones to nil.
func (g *AIGateway) Clone() *AIGateway {
	if g == nil {
		return nil
	}
	o := AIGateway{FallbackConfig: clonePtr(g.FallbackConfig), RateLimits: slices.Clone(g.RateLimits)}
	if r := g.Guardrails; r != nil {
		o.Guardrails = &Guardrails{Input: r.Input.clone(), Output: r.Output.clone()}
	}
	if t := clonePtr(g.InferenceTableConfig); t != nil {
		t.Enabled = clonePtr(t.Enabled)
		o.InferenceTableConfig = t
	}
	for i, l := range o.RateLimits {
		o.RateLimits[i].Calls, o.RateLimits[i].Tokens = clonePtr(l.Calls), clonePtr(l.Tokens)
	}
	if u := g.UsageTrackingConfig; u != nil {
		o.UsageTrackingConfig = &UsageTrackingConfig{Enabled: clonePtr(u.Enabled)}
	}
	return &o
}

func (p *GuardrailParameters) clone() *GuardrailParameters {
	if p == nil {
		return nil
	}
	return &GuardrailParameters{
		Safety: clonePtr(p.Safety), PII: clonePtr(p.PII),
		InvalidKeywords: slices.Clone(p.InvalidKeywords), ValidTopics: slices.Clone(p.ValidTopics),
	}
}
