package api

// Ready says whether the active config serves.
type Ready string

// The values of EndpointState.Ready.
const (
	ReadyYes Ready = "READY"
	ReadyNo  Ready = "NOT_READY"
)

// ConfigUpdate says whether a config change runs, or how the last one ended.
type ConfigUpdate string

// The values of EndpointState.ConfigUpdate.
const (
	NotUpdating    ConfigUpdate = "NOT_UPDATING"
	InProgress     ConfigUpdate = "IN_PROGRESS"
	UpdateFailed   ConfigUpdate = "UPDATE_FAILED"
	UpdateCanceled ConfigUpdate = "UPDATE_CANCELED"
)

// Suspend says whether an endpoint was stopped. The field is undocumented and seen on the wire.
type Suspend string

// The values of EndpointState.Suspend.
const (
	NotSuspended Suspend = "NOT_SUSPENDED"
	Stopped      Suspend = "STOPPED"
)

// Deployment is the state of one served entity.
type Deployment string

// The values of EntityState.Deployment.
const (
	DeploymentCreating   Deployment = "DEPLOYMENT_CREATING"
	DeploymentReady      Deployment = "DEPLOYMENT_READY"
	DeploymentRecovering Deployment = "DEPLOYMENT_RECOVERING"
	DeploymentFailed     Deployment = "DEPLOYMENT_FAILED"
	DeploymentAborted    Deployment = "DEPLOYMENT_ABORTED"
)

// The tasks that an LLM endpoint speaks.
const (
	TaskChat        = "llm/v1/chat"
	TaskCompletions = "llm/v1/completions"
	TaskEmbeddings  = "llm/v1/embeddings"
)

// WorkloadCPU is the workload type that the server assumes for custom models.
const WorkloadCPU = "CPU"

// WorkloadTypes returns the documented workload types, smallest first. GPU_LARGE_2 stands in the
// optimized-serving document alone; the server has the last word on what it offers.
func WorkloadTypes() []string {
	return []string{
		WorkloadCPU, "CPU_MEDIUM", "CPU_LARGE",
		"GPU_SMALL", "GPU_MEDIUM", "GPU_LARGE", "GPU_LARGE_2", "GPU_XLARGE", "GPU_XLARGE_8", "MULTIGPU_MEDIUM",
	}
}
