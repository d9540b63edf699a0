package api

// CreateEndpoint is the body of POST /api/2.0/serving-endpoints. Without Config the endpoint is created
// empty: NOT_READY and NOT_UPDATING at once.
type CreateEndpoint struct {
	Name               string              `json:"name"`
	Config             *ConfigInput        `json:"config,omitempty"`
	AIGateway          *AIGateway          `json:"ai_gateway,omitempty"`
	RateLimits         []RateLimit         `json:"rate_limits,omitempty"` // deprecated in favour of AIGateway.RateLimits
	Tags               []Tag               `json:"tags,omitempty"`
	RouteOptimized     *bool               `json:"route_optimized,omitempty"`
	BudgetPolicyID     *string             `json:"budget_policy_id,omitempty"`
	Description        *string             `json:"description,omitempty"`
	EmailNotifications *EmailNotifications `json:"email_notifications,omitempty"`
	TelemetryConfig    *TelemetryConfig    `json:"telemetry_config,omitempty"`
	Task               *string             `json:"task,omitempty"`
}

// UpdatePT is the body of PUT .../pt/{name}/config: the config is wrapped here, unlike in PUT .../config.
type UpdatePT struct {
	Config *ConfigInput `json:"config"`
}

// Endpoint is ServingEndpointDetailed: the answer to create, get and update.
//
// Config is nil until a first update succeeded. PendingConfig stands while an update rolls out, and stays
// after one that failed.
type Endpoint struct {
	Name                     string              `json:"name"`
	ID                       string              `json:"id"` // 32 lower-case hex digits, new for each creation of a name
	Creator                  string              `json:"creator,omitempty"`
	CreatorDisplayName       string              `json:"creator_display_name,omitempty"`
	CreatorKind              string              `json:"creator_kind,omitempty"` // User or ServicePrincipal
	CreationTimestamp        int64               `json:"creation_timestamp"`     // epoch milliseconds
	LastUpdatedTimestamp     int64               `json:"last_updated_timestamp"` // epoch milliseconds
	State                    EndpointState       `json:"state"`
	Config                   *ConfigOutput       `json:"config,omitempty"`
	PendingConfig            *ConfigOutput       `json:"pending_config,omitempty"`
	AIGateway                *AIGateway          `json:"ai_gateway,omitempty"`
	EffectiveBudgetPolicyID  string              `json:"effective_budget_policy_id,omitempty"`
	DataPlaneInfo            *DataPlaneInfo      `json:"data_plane_info,omitempty"`
	Description              string              `json:"description"`
	EmailNotifications       *EmailNotifications `json:"email_notifications,omitempty"`
	EndpointType             string              `json:"endpoint_type,omitempty"`
	EndpointURL              string              `json:"endpoint_url,omitempty"` // route-optimized endpoints only
	PermissionLevel          string              `json:"permission_level"`
	ResourceCredentialPolicy string              `json:"resource_credential_strategy,omitempty"`
	RouteOptimized           bool                `json:"route_optimized"`
	Tags                     []Tag               `json:"tags,omitempty"`
	Task                     string              `json:"task,omitempty"`
	TelemetryConfig          *TelemetryConfig    `json:"telemetry_config,omitempty"`
}

// EndpointState holds the three independent axes of an endpoint's state.
type EndpointState struct {
	Ready        Ready        `json:"ready"`
	ConfigUpdate ConfigUpdate `json:"config_update"`
	Suspend      Suspend      `json:"suspend,omitempty"`
}

// DataPlaneInfo tells route-optimized clients where to query.
type DataPlaneInfo struct {
	QueryInfo *DataPlaneQuery `json:"query_info,omitempty"`
}

// DataPlaneQuery is the address and the authorization details of a route-optimized endpoint.
type DataPlaneQuery struct {
	EndpointURL          string `json:"endpoint_url,omitempty"`
	AuthorizationDetails string `json:"authorization_details,omitempty"`
}

// EndpointList is the answer to GET /api/2.0/serving-endpoints. The API neither pages nor filters.
type EndpointList struct {
	Endpoints []Endpoint `json:"endpoints,omitempty"`
}

// Updating reports whether a config update is rolling out.
func (e Endpoint) Updating() bool { return e.State.ConfigUpdate == InProgress }

// Version is the highest config version that the endpoint tells of, rolled out or not; 0 for none.
func (e Endpoint) Version() int64 {
	var v int64
	for _, c := range []*ConfigOutput{e.Config, e.PendingConfig} {
		if c != nil {
			v = max(v, c.ConfigVersion)
		}
	}
	return v
}

// Target is the config that the endpoint has or is on its way to: the pending one while an update rolls out,
// else the active one; nil if there is neither. A failed update is not a target: the old config serves on.
func (e Endpoint) Target() *ConfigOutput {
	if e.Updating() && e.PendingConfig != nil {
		return e.PendingConfig
	}
	return e.Config
}

// Entity finds a served entity by name: in the target first, then in what a failed update left behind,
// which is the only carrier of its deployment_state_message.
func (e Endpoint) Entity(name string) (ServedEntity, bool) {
	for _, c := range []*ConfigOutput{e.Target(), e.PendingConfig} {
		if c == nil {
			continue
		}
		for _, s := range c.ServedEntities {
			if s.Name == name {
				return s, true
			}
		}
	}
	return ServedEntity{}, false
}

// Clone returns a deep copy.
func (e Endpoint) Clone() Endpoint {
	e.Config = e.Config.Clone()
	e.PendingConfig = e.PendingConfig.Clone()
	e.AIGateway = e.AIGateway.Clone()
	if e.DataPlaneInfo != nil {
		e.DataPlaneInfo = &DataPlaneInfo{QueryInfo: clonePtr(e.DataPlaneInfo.QueryInfo)}
	}
	e.EmailNotifications = e.EmailNotifications.Clone()
	e.Tags = append([]Tag(nil), e.Tags...)
	e.TelemetryConfig = e.TelemetryConfig.Clone()
	return e
}
