package mockserver

import (
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// The stages of a served entity's deployment, in order.
const (
	StageBuild     = "build"     // container image; skipped where the same version was built before
	StageProvision = "provision" // compute from the pool
	StageLoad      = "load"      // weights into memory
	StageConfigure = "configure" // external models only: nothing is deployed
)

// stage is a part of a deployment and its real duration.
type stage struct {
	Name     string        `json:"name"`
	Duration time.Duration `json:"duration"`
}

// switchDuration is what a rollout takes that changes no entity (the terraform documentation of the
// databricks provider speaks of about 30 seconds for a pure rewrite).
const switchDuration = 30 * time.Second

// largeModel is the size from which an image takes at least an hour to build (optimized-serving document).
const largeModel = 30e9

// stageMessages is what deployment_state_message says while a stage runs.
func stageMessage(name string) string {
	switch name {
	case StageBuild:
		return "Creating resources for served entity: building the container image."
	case StageProvision:
		return "Creating resources for served entity: provisioning compute."
	case StageLoad:
		return "Creating resources for served entity: loading the model."
	default:
		return "Creating resources for served entity."
	}
}

// planFor lists the stages that a new deployment of e goes through. Images for GPUs take longer than for
// CPUs, those of models from 30B parameters at least an hour (optimized-serving document); the other
// durations are approximations.
func planFor(e api.ServedEntityInput, m Model, built bool) []stage {
	if e.ExternalModel != nil {
		return []stage{{StageConfigure, 5 * time.Second}}
	}
	build, provision := 5*time.Minute, time.Minute
	if onGPU(e) {
		build, provision = 15*time.Minute, 8*time.Minute
		if m.Parameters >= largeModel {
			build = time.Hour
		}
	}
	var plan []stage
	if !built {
		plan = append(plan, stage{StageBuild, build})
	}
	const bytesPerSecond = 500e6 // weights from the registry into memory, 2 bytes a parameter
	load := 20*time.Second + time.Duration(float64(m.Parameters)*2/bytesPerSecond)*time.Second
	return append(plan, stage{StageProvision, provision}, stage{StageLoad, load})
}

func onGPU(e api.ServedEntityInput) bool {
	if kindOf(e) == kindThroughput || kindOf(e) == kindUnits {
		return true
	}
	switch e.WorkloadType {
	case "", api.WorkloadCPU, "CPU_MEDIUM", "CPU_LARGE":
		return false
	}
	return true
}
