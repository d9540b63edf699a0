package mockserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// adminList is what GET /__admin/requests answers.
type adminList struct {
	Requests []Recorded `json:"requests"`
}

// adminStep names the endpoint whose rollout moves one stage further.
type adminStep struct {
	Endpoint string `json:"endpoint"`
}

// adminClock puts the server's clock forward.
type adminClock struct {
	Advance string `json:"advance"` // as "90s" or "2h"
}

// adminCrash names an entity to take down.
type adminCrash struct {
	Endpoint string `json:"endpoint"`
	Entity   string `json:"entity"`
	Downtime string `json:"downtime"` // as "90s" or "2h"
}

// adminRoutes are served with Options.Admin alone; they need a token like all others.
func adminRoutes() []route {
	const base = "/__admin"
	return []route{
		{name: "admin_requests", method: "GET", path: base + "/requests", admin: true, run: asking(func(s *Server, _ *exchange) (adminList, error) {
			return adminList{Requests: append([]Recorded{}, s.Requests()...)}, nil
		})},
		{name: "admin_requests_reset", method: "DELETE", path: base + "/requests", admin: true, run: asking(func(s *Server, _ *exchange) (nothing, error) {
			s.ResetRequests()
			return nothing{}, nil
		})},
		{name: "admin_fault", method: "POST", path: base + "/faults", admin: true, run: taking(func(s *Server, _ *exchange, f Fault) (nothing, error) {
			s.Fault(f)
			return nothing{}, nil
		})},
		{name: "admin_faults_reset", method: "DELETE", path: base + "/faults", admin: true, run: asking(func(s *Server, x *exchange) (nothing, error) {
			return nothing{}, s.clearFaults(x.ctx)
		})},
		{name: "admin_failure", method: "POST", path: base + "/failures", admin: true, run: taking(func(s *Server, x *exchange, f DeploymentFailure) (nothing, error) {
			return nothing{}, s.failDeployment(x.ctx, f)
		})},
		{name: "admin_step", method: "POST", path: base + "/step", admin: true, run: taking(func(s *Server, x *exchange, q adminStep) (nothing, error) {
			return nothing{}, asBadRequest(s.step(x.ctx, x.tenant, q.Endpoint))
		})},
		{name: "admin_crash", method: "POST", path: base + "/crash", admin: true, run: taking(func(s *Server, x *exchange, q adminCrash) (nothing, error) {
			d, err := time.ParseDuration(q.Downtime)
			if err != nil || d < 0 {
				return nothing{}, invalid("downtime", "must be a duration, as 90s or 2h, got '%s'", q.Downtime)
			}
			return nothing{}, asBadRequest(s.crash(x.ctx, x.tenant, q.Endpoint, q.Entity, d))
		})},
		{name: "admin_clock", method: "POST", path: base + "/clock", admin: true, run: taking(func(s *Server, x *exchange, q adminClock) (nothing, error) {
			d, err := time.ParseDuration(q.Advance)
			if err != nil || d < 0 {
				return nothing{}, invalid("advance", "must be a duration, as 90s or 2h, got '%s'", q.Advance)
			}
			return nothing{}, s.advance(x.ctx, d)
		})},
		{name: "admin_snapshot", method: "GET", path: base + "/snapshot", admin: true, run: asking(func(s *Server, _ *exchange) (json.RawMessage, error) {
			return s.Snapshot()
		})},
		{name: "admin_restore", method: "POST", path: base + "/restore", admin: true, run: func(s *Server, x *exchange) (response, error) {
			return jsonResponse{value: nothing{}}, s.restore(x.ctx, x.body)
		}},
		{name: "admin_reset", method: "POST", path: base + "/reset", admin: true, run: asking(func(s *Server, x *exchange) (nothing, error) {
			s.ResetRequests()
			if err := s.clearFaults(x.ctx); err != nil {
				return nothing{}, err
			}
			err := x.tenant.forget(x.ctx)
			s.look()
			return nothing{}, err
		})},
	}
}

// step moves a rollout of a workspace one stage further.
func (s *Server) step(ctx context.Context, w *workspace, endpoint string) error {
	if s.opts.Progression.mode != byHand {
		return errors.New("step: the server's progression is not manual")
	}
	_, err := w.update(ctx, endpoint, s.opts.Progression, s.now(), func(r *draft) error {
		if !r.updating() {
			return fmt.Errorf("step: endpoint %s has no rollout in progress", endpoint)
		}
		pending := *r.Pending
		pending.Steps++
		r.Pending = &pending
		return nil
	})
	return err
}

// asBadRequest is an error of an admin route; what the store refuses stays what it is.
func asBadRequest(err error) error {
	var r *refusal
	if err == nil || (errors.As(err, &r) && r.status >= http.StatusInternalServerError) {
		return err
	}
	return badRequest("%s.", err)
}

// forget empties a workspace.
func (w *workspace) forget(ctx context.Context) error {
	return w.commit(ctx, func() ([]entry, error) { return []entry{{scope: w.name}}, nil })
}
