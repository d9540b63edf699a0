package mockserver

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// advance is the endpoint as it is at now: a rollout that is over has become the active config or has
// failed. It is pure and monotone: advancing to t1 and then to t2 is advancing to t2.
func advance(r *record, p Progression, now time.Time) *record {
	if !r.updating() {
		return r
	}
	at := p.progress(r.Pending, now)
	culprit, failedAt := firstFailure(r.Pending, p)
	switch {
	case culprit >= 0 && at >= failedAt:
		next, pending := *r, *r.Pending
		pending.Failed = failedStates(r.Pending, p, culprit, failedAt)
		next.Pending = &pending
		return &next
	case culprit < 0 && at >= rolloutEnd(r.Pending, p) && !r.Pending.waits():
		next := *r
		next.Active, next.Pending = r.Pending, nil
		next.Stopped = false
		return &next
	}
	return r
}

// rolloutEnd is the progress at which all entities are ready and traffic has moved over.
func rolloutEnd(v *revision, p Progression) float64 {
	end := p.floor()
	if v.Instant {
		end = math.Inf(-1)
	}
	for _, e := range v.Entities {
		end = math.Max(end, readyAt(e, p))
	}
	return end
}

func readyAt(e served, p Progression) float64 {
	if len(e.Plan) == 0 {
		return 0
	}
	return p.end(e.Plan, len(e.Plan)-1)
}

// firstFailure is the entity that fails first, the earlier in the list among equals; -1 if none will.
func firstFailure(v *revision, p Progression) (culprit int, at float64) {
	culprit, at = -1, math.Inf(1)
	for i, e := range v.Entities {
		if e.Failure == nil || len(e.Plan) == 0 {
			continue
		}
		if end := p.end(e.Plan, e.Failure.At); end < at {
			culprit, at = i, end
		}
	}
	return culprit, at
}

// failedStates freezes the entities of a failed rollout. An update rolls out as one: siblings that were not
// ready before the failure are aborted, and say whose fault it is.
func failedStates(v *revision, p Progression, culprit int, at float64) []api.EntityState {
	states := make([]api.EntityState, len(v.Entities))
	for i, e := range v.Entities {
		switch {
		case i == culprit:
			states[i] = api.EntityState{Deployment: api.DeploymentFailed, DeploymentStateMessage: e.Failure.Message}
		case readyAt(e, p) < at && !e.Waits:
			states[i] = api.EntityState{Deployment: api.DeploymentReady}
		default:
			states[i] = api.EntityState{
				Deployment:             api.DeploymentAborted,
				DeploymentStateMessage: fmt.Sprintf("The update was aborted because served entity %s failed.", v.Entities[culprit].Spec.Name),
			}
		}
	}
	return states
}

// pendingStates tells how far each entity of a rollout has come.
func pendingStates(v *revision, p Progression, now time.Time) []api.EntityState {
	if v.Failed != nil {
		return v.Failed
	}
	at := p.progress(v, now)
	states := make([]api.EntityState, len(v.Entities))
	for i, e := range v.Entities {
		n := stagesDone(e, p, at)
		if n == len(e.Plan) {
			states[i] = api.EntityState{Deployment: api.DeploymentReady}
			continue
		}
		states[i] = api.EntityState{Deployment: api.DeploymentCreating, DeploymentStateMessage: stageMessage(e.Plan[n].Name)}
	}
	return states
}

// stagesDone counts the stages of e that are over at progress at. The last one lasts until an engine outside serves.
func stagesDone(e served, p Progression, at float64) int {
	for i := range e.Plan {
		if p.end(e.Plan, i) > at || e.Waits && i == len(e.Plan)-1 {
			return i
		}
	}
	return len(e.Plan)
}

// loads reports whether e has come to its last stage, in which its model is loaded.
func (e served) loads(p Progression, at float64) bool { return stagesDone(e, p, at) >= len(e.Plan)-1 }

// waits reports whether an entity still waits for its engine.
func (r *revision) waits() bool {
	return slices.ContainsFunc(r.Entities, func(e served) bool { return e.Waits })
}
