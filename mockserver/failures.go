package mockserver

import "sync"

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

type failureList struct {
	mu       sync.Mutex
	failures []*armedFailure
}

type armedFailure struct {
	DeploymentFailure
	used int
}

// FailDeployment adds a failure to the end of the list; ClearFaults empties it.
func (s *Server) FailDeployment(f DeploymentFailure) {
	s.failures.mu.Lock()
	defer s.failures.mu.Unlock()
	s.failures.failures = append(s.failures.failures, &armedFailure{DeploymentFailure: f})
}

func (l *failureList) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures = nil
}

// take finds the failure of a deployment that starts, and uses it once; nil for none.
func (l *failureList) take(endpoint, entity string, plan []stage) *stageFailure {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(plan) == 0 {
		return nil
	}
	for _, f := range l.failures {
		if (f.Endpoint != "" && !glob(f.Endpoint, endpoint)) || (f.Entity != "" && !glob(f.Entity, entity)) ||
			(f.Times > 0 && f.used >= f.Times) {
			continue
		}
		f.used++
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
