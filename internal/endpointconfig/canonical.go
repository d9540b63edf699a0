package endpointconfig

import (
	"reflect"
	"slices"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// Same reports whether sending c would change nothing of what base has. What answers never show (plaintext
// secrets, burst scaling) counts as a change, because nobody can tell.
func Same(base *api.ConfigOutput, c Compiled) bool {
	if base == nil {
		return len(c.Config.ServedEntities) == 0 && c.Config.AutoCaptureConfig == nil
	}
	if !sameEntities(base, c.Config.ServedEntities, api.ServedEntityInput.Clone) {
		return false
	}
	return sameShares(Shares(base), c.Shares) &&
		sameCapture(withoutState(base.AutoCaptureConfig), c.Config.AutoCaptureConfig)
}

// Holds reports whether base shows the entities and shares of c, as far as answers show them.
func Holds(base *api.ConfigOutput, c Compiled) bool {
	if base == nil {
		return len(c.Config.ServedEntities) == 0
	}
	return sameEntities(base, c.Config.ServedEntities, shown) && sameShares(Shares(base), c.Shares)
}

// SameEntity compares two entities, completed by the server's defaults, as far as answers show them.
func SameEntity(a, b api.ServedEntityInput) bool {
	return reflect.DeepEqual(completed(shown(a)), completed(shown(b)))
}

func sameEntities(base *api.ConfigOutput, want []api.ServedEntityInput, view func(api.ServedEntityInput) api.ServedEntityInput) bool {
	if len(base.ServedEntities) != len(want) {
		return false
	}
	return !slices.ContainsFunc(want, func(w api.ServedEntityInput) bool {
		return !slices.ContainsFunc(base.ServedEntities, func(h api.ServedEntity) bool {
			return h.Name == w.ResolvedName() && reflect.DeepEqual(completed(h.Input()), completed(view(w)))
		})
	})
}

// shown drops what answers never show.
func shown(e api.ServedEntityInput) api.ServedEntityInput {
	e = e.Clone()
	e.ExternalModel = e.ExternalModel.Redacted()
	e.BurstScalingEnabled = nil
	return e
}

// carried is what to send for an entity that answers show and nobody edits. Where tokens, units or concurrency
// decide, the workload that the server shows is its own choice, and sending it back would be a second kind.
func carried(e api.ServedEntityInput) api.ServedEntityInput {
	switch {
	case provisioned(e):
		e.WorkloadType, e.WorkloadSize = "", ""
		e.ScaleToZeroEnabled = nil
	case e.MinProvisionedConcurrency != nil || e.MaxProvisionedConcurrency != nil:
		e.WorkloadSize = ""
	}
	return e
}

// completed fills in the server's documented defaults, so that two ways to say the same compare equal.
func completed(e api.ServedEntityInput) api.ServedEntityInput {
	e = carried(e.Clone())
	e.Name = e.ResolvedName()
	if len(e.EnvironmentVars) == 0 {
		e.EnvironmentVars = nil
	}
	if m := e.ExternalModel; m != nil {
		e.ScaleToZeroEnabled, e.WorkloadType, e.WorkloadSize = nil, "", ""
		for _, b := range m.Blocks() {
			if b.Set && m.Provider == "" {
				m.Provider = b.Provider
			}
		}
		return e
	}
	if provisioned(e) {
		if e.MinProvisionedThroughput == nil && e.MaxProvisionedThroughput != nil {
			e.MinProvisionedThroughput = new(int64)
		}
		return e
	}
	if e.WorkloadType == "" {
		e.WorkloadType = api.WorkloadCPU
	}
	if e.ScaleToZeroEnabled == nil {
		e.ScaleToZeroEnabled = new(bool)
	}
	return e
}

func provisioned(e api.ServedEntityInput) bool {
	return e.MinProvisionedThroughput != nil || e.MaxProvisionedThroughput != nil || e.ProvisionedModelUnits != nil
}

func withoutState(c *api.AutoCaptureConfig) *api.AutoCaptureConfig {
	c = c.Clone()
	if c != nil {
		c.State = nil
	}
	return c
}

// sameCapture compares inference tables; a prefix that is not given is the server's to choose.
func sameCapture(have, want *api.AutoCaptureConfig) bool {
	if have == nil || want == nil {
		return have == want
	}
	w := *want
	if w.TableNamePrefix == "" {
		w.TableNamePrefix = have.TableNamePrefix
	}
	if w.Enabled == nil {
		w.Enabled = have.Enabled
	}
	return reflect.DeepEqual(*have, w)
}
