package mockserver

import (
	"net/http"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// The API's limits of a workspace (reference 1.0).
const (
	maxEndpoints     = 1000
	operationsWindow = 5 * time.Minute
)

// operate counts an operation that creates or updates an endpoint; limit is that of a window, 0 for none.
func (w *workspace) operate(limit int, now time.Time) error {
	if limit == 0 {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Sub(w.windowStart) >= operationsWindow {
		w.windowStart, w.operations = now, 0
	}
	if w.operations >= limit {
		return &refusal{
			status: http.StatusTooManyRequests, code: api.CodeLimitExceeded, retryAfter: w.windowStart.Add(operationsWindow).Sub(now),
			message: api.CodeLimitExceeded + ": Exceeded the workspace's limit of operations that create or update serving endpoints.",
		}
	}
	w.operations++
	return nil
}
