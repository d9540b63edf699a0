package mockserver

import "github.com/inference-iac/terraform-provider-inference/internal/api"

// kind is what a served entity is.
type kind int

const (
	kindCustom     kind = iota // a registered model on workload size or concurrency
	kindThroughput             // a registered model on provisioned tokens per second
	kindUnits                  // a registered model on model units
	kindExternal               // a model of another provider
)

func kindOf(e api.ServedEntityInput) kind {
	switch {
	case e.ExternalModel != nil:
		return kindExternal
	case e.ProvisionedModelUnits != nil:
		return kindUnits
	case e.MinProvisionedThroughput != nil || e.MaxProvisionedThroughput != nil:
		return kindThroughput
	default:
		return kindCustom
	}
}

// imageKey names the container image of an entity: the same version on the same kind of compute is reused. It is a
// digest, since the names of what is kept can be read where the values are encrypted.
func imageKey(e api.ServedEntityInput) string {
	hardware := "cpu"
	if onGPU(e) {
		hardware = "gpu"
	}
	return hashID(e.EntityName, string(e.EntityVersion), hardware)
}

// builds reports whether the entity's rollout makes an image.
func (e served) builds() bool { return len(e.Plan) > 0 && e.Plan[0].Name == StageBuild }
