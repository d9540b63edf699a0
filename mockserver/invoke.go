package mockserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// invokeEndpoint answers invoke_endpoint: the traffic split picks the entity.
func (s *Server) invokeEndpoint(x *exchange, req api.Invocation) (response, error) {
	r, err := s.serving(x, x.vars["name"])
	if err != nil {
		return nil, err
	}
	chosen := s.traffic.choose(r.Active.Traffic)
	candidates := []string{chosen}
	if g := r.AIGateway; g != nil && g.FallbackConfig != nil && g.FallbackConfig.Enabled {
		for _, e := range r.Active.Entities {
			if e.Spec.Name != chosen {
				candidates = append(candidates, e.Spec.Name)
			}
		}
	}
	return s.invoke(x, r, candidates, req)
}

// invokeEntity answers invoke_entity: whatever its share of traffic, this entity answers.
func (s *Server) invokeEntity(x *exchange, req api.Invocation) (response, error) {
	r, err := s.serving(x, x.vars["name"])
	if err != nil {
		return nil, err
	}
	return s.invoke(x, r, []string{x.vars["entity"]}, req)
}

// chatCompletions answers the OpenAI route; model names the endpoint.
func (s *Server) chatCompletions(x *exchange, req api.Invocation) (response, error) {
	if len(req.Messages) == 0 {
		return nil, invalid("messages", "is required")
	}
	return s.invokeModel(x, req)
}

// completions answers the OpenAI route; model names the endpoint.
func (s *Server) completions(x *exchange, req api.Invocation) (response, error) {
	if req.Prompt == nil {
		return nil, invalid("prompt", "is required")
	}
	return s.invokeModel(x, req)
}

// embeddings answers the OpenAI route; model names the endpoint.
func (s *Server) embeddings(x *exchange, req api.Invocation) (response, error) {
	if req.Input == nil {
		return nil, invalid("input", "is required")
	}
	return s.invokeModel(x, req)
}

func (s *Server) invokeModel(x *exchange, req api.Invocation) (response, error) {
	if req.Model == "" {
		return nil, invalid("model", "is required: the name of the endpoint")
	}
	x.vars["name"] = req.Model
	return s.invokeEndpoint(x, req)
}

// serving returns an endpoint that can answer.
func (s *Server) serving(x *exchange, name string) (*record, error) {
	r, err := s.find(x, name)
	switch {
	case err != nil:
		return nil, refuse(http.StatusNotFound, api.CodeEndpointNotFound, "The given endpoint '%s' does not exist: check the names of the endpoint, the model and its version.", name)
	case r.level(x.caller) < mayQuery:
		return nil, r.permit(x.caller, mayQuery)
	case r.Stopped:
		return nil, badRequest("Endpoint '%s' is stopped: start it to query it.", name)
	case r.Active == nil:
		return nil, refuse(http.StatusServiceUnavailable, api.CodeUnavailable, "Endpoint '%s' is not ready: its first deployment has not finished.", name)
	case len(r.Active.Entities) == 0:
		return nil, badRequest("Endpoint '%s' has no served entities.", name)
	}
	return r, nil
}

// invoke asks the candidates in turn until one answers with anything but 429 and 5xx; the last error counts.
func (s *Server) invoke(x *exchange, r *record, candidates []string, req api.Invocation) (response, error) {
	name := candidates[0]
	x.asked = true
	err := checkPayload(r, len(x.body))
	if err == nil {
		err = s.limits.admit(r, x.caller, x.now)
	}
	if err != nil {
		return s.tables.log(s, x, r, name, nil, err), err
	}
	var resp response
	for i := range candidates {
		name = candidates[i]
		e, ok := r.Active.entity(name)
		if !ok {
			return nil, refuse(http.StatusNotFound, api.CodeNotFound, "Endpoint '%s' serves no entity '%s'.", r.Name, name)
		}
		t := &attempt{Server: s, x: x, record: r, entity: e, start: x.now}
		if i > 0 {
			t.start = s.now()
		}
		resp, err = t.run(req)
		status := http.StatusOK
		if err != nil {
			status = asRefusal(err).status
		}
		now := s.now()
		s.meters.record(t.key(), status, now.Sub(t.start), now)
		if status != http.StatusTooManyRequests && status < http.StatusInternalServerError {
			break
		}
		if i < len(candidates)-1 {
			x.failed = append(x.failed, failedAttempt{name, asRefusal(err)})
		}
	}
	return s.tables.log(s, x, r, name, resp, err), err
}

// startAll starts a generation for each prompt before any is read, so that they share the backend's batches.
func startAll(ctx context.Context, b backend, q query) ([]tokenStream, error) {
	streams := make([]tokenStream, len(q.generations))
	for i, g := range q.generations {
		stream, err := b.generate(ctx, g)
		if err != nil {
			return nil, err
		}
		streams[i] = stream
	}
	return streams, nil
}

// backendError gives errors of a backend their status; refusals stay what they are.
func backendError(err error) error {
	var r *refusal
	switch {
	case errors.As(err, &r):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return refuse(http.StatusGatewayTimeout, api.CodeDeadline, "The model did not answer in time.")
	case errors.Is(err, context.Canceled):
		return refuse(499, "CANCELLED", "The client closed the request.")
	default:
		return refuse(http.StatusInternalServerError, api.CodeInternal, "The model failed: %s.", err)
	}
}

// resolveSecrets looks up every secret that the entity refers to, wherever it is answered: a reference to nothing
// fails as it would with the real provider.
func (w *workspace) resolveSecrets(e api.ServedEntityInput) error {
	if e.ExternalModel != nil {
		for _, s := range neededSecrets(e.ExternalModel) {
			if _, err := w.secrets.resolve(*s.Reference); err != nil {
				return err
			}
		}
	}
	for _, v := range e.EnvironmentVars {
		if _, err := w.secrets.resolve(v); err != nil {
			return err
		}
	}
	return nil
}

// entityTask is what an entity speaks.
func (s *Server) entityTask(w *workspace, e api.ServedEntityInput) string {
	if e.ExternalModel != nil {
		return e.ExternalModel.Task
	}
	m, _ := s.model(w, e)
	return m.Task
}

// modelDir is where the entity's checkpoint lies; empty for the embedded one, which external models use too unless
// their providers may be asked.
func (s *Server) modelDir(w *workspace, e api.ServedEntityInput) string {
	if e.ExternalModel != nil {
		return ""
	}
	m, _ := s.model(w, e)
	return m.Dir
}

// requestID is the id of an OpenAI answer.
func requestID(r *record, now time.Time) string {
	var room [96]byte
	sum := sha256.Sum256(now.AppendFormat(append(append(room[:0], r.ID...), 0), time.RFC3339Nano))
	return string(hex.AppendEncode(append(room[:0], "chatcmpl_"...), sum[:12]))
}
