package mockserver

import (
	"context"
	"slices"
)

// DeploymentFailure makes deployments fail that start after it was added. Entities whose deployment is
// unchanged don't start one.
type DeploymentFailure struct {
	Endpoint string `json:"endpoint,omitempty"`  // glob; empty matches all
	Entity   string `json:"entity,omitempty"`    // glob; empty matches all
	Stage    string `json:"stage,omitempty"`     // StageBuild, StageProvision, StageLoad; empty, or one that the deployment lacks: the last
	Message  string `json:"message,omitempty"`   // deployment_state_message
	BuildLog string `json:"build_log,omitempty"` // appended to the build log
	Times    int    `json:"times,omitempty"`     // deployments to fail; 0: all
}

// armedFailure is a failure and how many deployments it has met. Lists of them are never changed: writers copy
// them.
type armedFailure struct {
	DeploymentFailure
	Used int `json:"used,omitempty"`
}

// FailDeployment adds a failure to the end of the list; ClearFaults empties it. Servers that share a store share
// the list.
func (s *Server) FailDeployment(f DeploymentFailure) {
	s.logged("add a failure", s.failDeployment(context.Background(), f))
}

func (s *Server) failDeployment(ctx context.Context, f DeploymentFailure) error {
	return s.changeFailures(ctx, func(list []armedFailure) []armedFailure {
		return append(slices.Clone(list), armedFailure{DeploymentFailure: f})
	})
}

func (s *Server) clearFailures(ctx context.Context) error {
	return s.changeFailures(ctx, func([]armedFailure) []armedFailure { return nil })
}

func (s *Server) changeFailures(ctx context.Context, change func([]armedFailure) []armedFailure) error {
	return s.ledger.commit(ctx, func() ([]entry, error) {
		return []entry{s.world.listed(change(s.world.failures))}, nil
	}, &s.world)
}

// listed is the entry that makes a list the world's.
func (w *world) listed(list []armedFailure) entry {
	e := entry{scope: worldScope, kind: keepFailures, name: "list"}
	if len(list) > 0 {
		e.value = list
	}
	return e
}

// draft is an endpoint that a write is about to change, with the failures that its deployments use up.
type draft struct {
	*record
	failures []armedFailure
	spent    bool
}

// meet finds the failure of a deployment that starts, and uses it once; nil for none.
func (d *draft) meet(entity string, plan []stage) *stageFailure {
	if len(plan) == 0 {
		return nil
	}
	for i, f := range d.failures {
		if (f.Endpoint != "" && !glob(f.Endpoint, d.Name)) || (f.Entity != "" && !glob(f.Entity, entity)) ||
			(f.Times > 0 && f.Used >= f.Times) {
			continue
		}
		if f.Times > 0 {
			d.failures, d.spent = slices.Clone(d.failures), true
			d.failures[i].Used++
		}
		return f.on(plan)
	}
	return nil
}

func (f DeploymentFailure) on(plan []stage) *stageFailure {
	at := len(plan) - 1
	for i, s := range plan {
		if s.Name == f.Stage {
			at = i
		}
	}
	message := f.Message
	if message == "" {
		message = "The deployment failed at stage " + plan[at].Name + "."
	}
	return &stageFailure{At: at, Message: message, BuildLog: f.BuildLog}
}
