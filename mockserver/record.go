package mockserver

import (
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// record is what the server knows of an endpoint. A record that the store holds is never changed: writers
// copy it, so that readers need no lock after they have it.
type record struct {
	Name           string                  `json:"name"`
	ID             string                  `json:"id"`
	Order          int                     `json:"order"` // of creation in the workspace
	Creator        string                  `json:"creator"`
	Created        time.Time               `json:"created"`
	Updated        time.Time               `json:"updated"`
	Description    string                  `json:"description,omitempty"`
	Task           string                  `json:"task,omitempty"`
	RouteOptimized bool                    `json:"route_optimized,omitempty"`
	BudgetPolicyID string                  `json:"budget_policy_id,omitempty"`
	Tags           []api.Tag               `json:"tags,omitempty"`
	AIGateway      *api.AIGateway          `json:"ai_gateway,omitempty"`
	RateLimits     []api.RateLimit         `json:"rate_limits,omitempty"`
	Notifications  *api.EmailNotifications `json:"notifications,omitempty"`
	Telemetry      *api.TelemetryConfig    `json:"telemetry,omitempty"`
	Version        int64                   `json:"version,omitempty"` // the highest config version ever accepted
	Active         *revision               `json:"active,omitempty"`
	Pending        *revision               `json:"pending,omitempty"` // rolling out, or failed
	Stopped        bool                    `json:"stopped,omitempty"`
	Access         []api.AccessControl     `json:"access,omitempty"` // direct grants
	Down           map[string]time.Time    `json:"down,omitempty"`   // entities that crashed, and until when
}

// revision is one accepted config, completed, and how far its rollout has come.
type revision struct {
	Version     int64                  `json:"version"`
	Started     time.Time              `json:"started"`
	Entities    []served               `json:"entities"`
	Traffic     []api.Route            `json:"traffic"`
	AutoCapture *api.AutoCaptureConfig `json:"auto_capture,omitempty"`
	Instant     bool                   `json:"instant,omitempty"` // settles at once, whatever the progression is
	Reads       int                    `json:"reads,omitempty"`
	Steps       int                    `json:"steps,omitempty"`
	Failed      []api.EntityState      `json:"failed,omitempty"` // one per entity, frozen when the rollout failed
}

// served is a served entity of a revision. Its spec is complete and may hold plaintext secrets.
type served struct {
	Spec    api.ServedEntityInput `json:"spec"`
	Created time.Time             `json:"created"`
	Creator string                `json:"creator"`
	Plan    []stage               `json:"plan,omitempty"` // empty: ready at once, nothing changed
	Failure *stageFailure         `json:"failure,omitempty"`

	Deployed int64 `json:"deployed,omitempty"` // by this config version; later ones left it as it was
	Waits    bool  `json:"waits,omitempty"`    // for an engine outside to serve it
}

// stageFailure makes an entity fail when its stage At ends.
type stageFailure struct {
	At       int    `json:"at"`
	Message  string `json:"message"`
	BuildLog string `json:"build_log,omitempty"`
}

func (r *record) updating() bool { return r.Pending != nil && r.Pending.Failed == nil }

func (r *revision) entity(name string) (served, bool) {
	if r == nil {
		return served{}, false
	}
	for _, e := range r.Entities {
		if e.Spec.Name == name {
			return e, true
		}
	}
	return served{}, false
}
