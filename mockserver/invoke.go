package mockserver

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// target is the entity that answers an invocation.
type target struct {
	record *record
	entity served
	task   string
}

// invokeEndpoint answers invoke_endpoint: the traffic split picks the entity.
func (s *Server) invokeEndpoint(x *exchange, req api.Invocation) (response, error) {
	r, err := s.serving(x, x.vars["name"])
	if err != nil {
		return nil, err
	}
	return s.invoke(x, r, s.traffic.choose(r.Active.Traffic), req)
}

// invokeEntity answers invoke_entity: whatever its share of traffic, this entity answers.
func (s *Server) invokeEntity(x *exchange, req api.Invocation) (response, error) {
	r, err := s.serving(x, x.vars["name"])
	if err != nil {
		return nil, err
	}
	return s.invoke(x, r, x.vars["entity"], req)
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
	r, err := x.tenant.get(name, s.opts.Progression, x.now)
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

// invoke asks one entity and counts what came of it.
func (s *Server) invoke(x *exchange, r *record, entity string, req api.Invocation) (response, error) {
	e, ok := r.Active.entity(entity)
	if !ok {
		return nil, refuse(http.StatusNotFound, api.CodeNotFound, "Endpoint '%s' serves no entity '%s'.", r.Name, entity)
	}
	resp, err := s.ask(x, target{r, e, s.entityTask(x.tenant, e.Spec)}, req)
	status := http.StatusOK
	if err != nil {
		status = asRefusal(err).status
	}
	s.meters.record(meterKey{r.ID, entity}, status, s.now().Sub(x.now), s.now())
	return resp, err
}

// ask resolves what the entity needs at call time and lets the backend answer.
func (s *Server) ask(x *exchange, t target, req api.Invocation) (response, error) {
	if err := x.tenant.resolveSecrets(t.entity.Spec); err != nil {
		return nil, err
	}
	q, err := readInvocation(req, t.task)
	if err != nil {
		return nil, err
	}
	for i := range q.generations {
		if !q.seeded {
			q.generations[i].seed = s.traffic.seed()
		}
	}
	b, err := s.backends.get(s.modelDir(x.tenant, t.entity.Spec))
	if err != nil {
		return nil, refuse(http.StatusInternalServerError, api.CodeInternal, "The model of served entity '%s' could not be loaded: %s.", t.entity.Spec.Name, err)
	}
	a := answer{id: requestID(t.record, x.now), created: x.now.Unix(), model: t.record.Name, entity: t.entity.Spec.Name}
	if q.inputs != nil {
		return a.embeddings(x.ctx, b, q)
	}
	streams, err := startAll(x.ctx, b, q)
	if err != nil {
		return nil, backendError(err)
	}
	switch {
	case req.Stream:
		return a.stream(x.ctx, q, streams)
	case q.form == formPredictions:
		return a.predictions(x.ctx, q, streams)
	default:
		return a.completion(x.ctx, q, streams)
	}
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

// resolveSecrets looks up every secret that the entity refers to; nothing ever leaves the machine, but a
// reference to nothing fails as it would with the real provider.
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

// modelDir is where the entity's checkpoint lies; empty for the embedded one, which external models use too.
func (s *Server) modelDir(w *workspace, e api.ServedEntityInput) string {
	if e.ExternalModel != nil {
		return ""
	}
	m, _ := s.model(w, e)
	return m.Dir
}

// requestID is the id of an OpenAI answer.
func requestID(r *record, now time.Time) string {
	return "chatcmpl_" + hashID(r.ID, now.Format(time.RFC3339Nano))
}
