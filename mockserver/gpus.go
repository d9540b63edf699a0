package mockserver

import (
	"fmt"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// hardware is what one replica of a workload type runs on.
type hardware struct {
	gpu     string
	count   int
	timeout time.Duration // of a deployment that finds no capacity (product documentation)
}

// hardwareOf knows the workload types. One and two A100 are from the optimized-serving document, the others
// from the product documentation; ok is false for CPUs.
func hardwareOf(workloadType string) (hardware, bool) {
	h, ok := map[string]hardware{
		"GPU_SMALL":       {"T4", 1, time.Hour},
		"GPU_MEDIUM":      {"A10G", 1, time.Hour},
		"MULTIGPU_MEDIUM": {"A10G", 4, time.Hour},
		"GPU_LARGE":       {"A100", 1, 2 * time.Hour},
		"GPU_LARGE_2":     {"A100", 2, 2 * time.Hour},
		"GPU_XLARGE":      {"H100", 1, 2 * time.Hour},
		"GPU_XLARGE_8":    {"H100", 8, 2 * time.Hour},
	}[workloadType]
	return h, ok
}

// replicas is how many copies an entity needs to be ready: those of its lower bound, one at least.
func replicas(e api.ServedEntityInput, chunk int64) int {
	switch {
	case kindOf(e) == kindThroughput && chunk > 0:
		return int(max(1, deref(e.MinProvisionedThroughput)/chunk))
	case e.MinProvisionedConcurrency != nil:
		return int(max(1, *e.MinProvisionedConcurrency/4))
	default:
		return max(1, map[string]int{"Medium": 2, "Large": 4}[e.WorkloadSize])
	}
}

// gpus is what an entity takes out of the pool.
func (s *Server) gpus(w *workspace, e api.ServedEntityInput) (hardware, int) {
	h, ok := hardwareOf(e.WorkloadType)
	if !ok {
		return hardware{}, 0
	}
	m, _ := s.model(w, e)
	return h, h.count * replicas(e, m.ChunkSize)
}

// checkGPUs refuses what the pool could never hold.
func (s *Server) checkGPUs(w *workspace, e api.ServedEntityInput, at string) error {
	h, n := s.gpus(w, e)
	if s.opts.GPUs == nil || n <= s.opts.GPUs[h.gpu] {
		return nil
	}
	return invalid(at, "asks for workload type %s with size %s, which is not supported: it takes %d %s and there are %d",
		e.WorkloadType, e.WorkloadSize, n, h.gpu, s.opts.GPUs[h.gpu])
}

// allocate fails the deployment of an entity for which the pool has nothing left: it waits for capacity until
// its time-out (provisioned-throughput document). What others free in the meantime comes too late.
func (s *Server) allocate(w *workspace, e *served, taken map[string]int) {
	h, n := s.gpus(w, e.Spec)
	if s.opts.GPUs == nil || n == 0 || len(e.Plan) == 0 {
		return
	}
	free := s.opts.GPUs[h.gpu] - taken[h.gpu]
	taken[h.gpu] += n
	if n <= free || e.Failure != nil {
		return
	}
	for i, st := range e.Plan {
		if st.Name == StageProvision {
			e.Plan[i].Duration = h.timeout
			e.Failure = &stageFailure{At: i, Message: fmt.Sprintf(
				"The deployment timed out after %s: not enough GPU capacity, it needs %d %s and %d are free. Reach out to your account team.", h.timeout, n, h.gpu, max(free, 0))}
		}
	}
}

// taken counts the GPUs of a workspace that deployments hold. The named endpoint's active config counts too:
// it serves on while the next one rolls out.
func (s *Server) taken(w *workspace, endpoint string, now time.Time) map[string]int {
	out := map[string]int{}
	if s.opts.GPUs == nil {
		return out
	}
	for _, r := range w.endpoints {
		r = advance(r, s.opts.Progression, now)
		if !r.Stopped {
			for _, e := range entitiesOf(r.Active) {
				h, n := s.gpus(w, e.Spec)
				out[h.gpu] += n
			}
		}
		if r.updating() && r.Name != endpoint {
			for _, e := range r.Pending.Entities {
				if h, n := s.gpus(w, e.Spec); len(e.Plan) > 0 {
					out[h.gpu] += n
				}
			}
		}
	}
	return out
}
