package mockserver

import (
	"sync"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// UsageRecord is a row of what usage tracking records of an answered invocation.
type UsageRecord struct {
	Time     time.Time `json:"time"`
	Endpoint string    `json:"endpoint"`
	Entity   string    `json:"entity"`
	User     string    `json:"user"`
	api.Usage
}

// usageRows bounds what is kept; the oldest rows go first.
const usageRows = 10_000

type usageLog struct {
	mu   sync.Mutex
	rows ring[UsageRecord]
}

// record adds a row if the endpoint tracks usage.
func (l *usageLog) record(t *attempt, u api.Usage) {
	g := t.record.AIGateway
	if g == nil || g.UsageTrackingConfig == nil || !deref(g.UsageTrackingConfig.Enabled) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows.push(UsageRecord{Time: t.x.now, Endpoint: t.record.Name, Entity: t.entity.Spec.Name, User: t.x.user, Usage: u})
}

// Usage returns the last 10,000 rows that usage tracking recorded.
func (s *Server) Usage() []UsageRecord {
	s.usage.mu.Lock()
	defer s.usage.mu.Unlock()
	return s.usage.rows.all()
}
