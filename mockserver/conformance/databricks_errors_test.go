package conformance

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	databricks "github.com/databricks/databricks-sdk-go"
	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/service/serving"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// refused checks how the SDK classifies an error, since callers ask for nothing else. Status 0 is any: not
// every route's is documented.
func refused(t *testing.T, what string, err, sentinel error, status int, part string) {
	t.Helper()
	var api *apierr.APIError
	switch {
	case !errors.As(err, &api):
		t.Errorf("%s: got %v, want an error of the API", what, err)
	case !errors.Is(err, sentinel) || (status != 0 && api.StatusCode != status) || !strings.Contains(api.Message, part):
		t.Errorf("%s: got %d %s %q, want %d, %v and a message with %q", what, api.StatusCode, api.ErrorCode, api.Message, status, sentinel, part)
	}
}

func TestDatabricksErrors(t *testing.T) {
	t.Parallel()
	w := start(t, mockserver.Options{Progression: mockserver.Manual()})
	ctx, c := t.Context(), w.workspace(t)
	get := func(name string) error {
		_, err := c.ServingEndpoints.GetByName(ctx, name)
		return err
	}
	create := func(r serving.CreateServingEndpoint) error {
		_, err := c.ServingEndpoints.Create(ctx, r)
		return err
	}
	update := func(name string, entities ...serving.ServedEntityInput) error {
		_, err := c.ServingEndpoints.UpdateConfig(ctx, serving.EndpointCoreConfigInput{Name: name, ServedEntities: entities})
		return err
	}
	unaligned := throughput("a")
	unaligned.MaxProvisionedThroughput = 981
	bare := custom("a", "1")
	bare.WorkloadSize = ""
	two := endpoint("two", custom("a", "1"), custom("b", "2"))
	two.Config.TrafficConfig = &serving.TrafficConfig{Routes: []serving.Route{{ServedEntityName: "a", TrafficPercentage: 90}}}

	refused(t, "get a missing endpoint", get("none"), apierr.ErrNotFound, http.StatusNotFound, "none")
	if err := get("none"); !apierr.IsMissing(err) {
		t.Errorf("IsMissing is false for %v", err)
	}
	refused(t, "update a missing endpoint", update("none", custom("a", "1")), apierr.ErrNotFound, http.StatusNotFound, "none")
	refused(t, "delete a missing endpoint", c.ServingEndpoints.DeleteByName(ctx, "none"), apierr.ErrNotFound, http.StatusNotFound, "none")
	refused(t, "a bad name", create(endpoint("a.b", custom("a", "1"))), apierr.ErrInvalidParameterValue, http.StatusBadRequest, "name")
	refused(t, "unaligned throughput", create(endpoint("e", unaligned)), apierr.ErrInvalidParameterValue, http.StatusBadRequest, "980")
	refused(t, "no workload size", create(endpoint("e", bare)), apierr.ErrInvalidParameterValue, http.StatusBadRequest, "workload")
	refused(t, "traffic of 90", create(two), apierr.ErrInvalidParameterValue, http.StatusBadRequest, "100")
	refused(t, "an unknown version", create(endpoint("e", custom("a", "99"))), apierr.ErrBadRequest, http.StatusBadRequest, "99")

	ok(t, create(endpoint("e", custom("a", "1"))))
	refused(t, "the same name", create(endpoint("e", custom("a", "1"))), apierr.ErrResourceAlreadyExists, http.StatusConflict, "e")
	refused(t, "a second update", update("e", custom("a", "2")), apierr.ErrResourceConflict, http.StatusConflict, "currently updating")
	equal(t, "409s are not retried: requests", w.statuses("put_config")[http.StatusConflict], 1)
	_, err := c.ServingEndpoints.LogsByNameAndServedModelName(ctx, "e", "none")
	refused(t, "logs of a missing entity", err, apierr.ErrNotFound, http.StatusNotFound, "none")
	_, err = c.ServingEndpoints.Query(ctx, serving.QueryEndpointInput{Name: "none", Messages: hello()})
	refused(t, "query a missing endpoint", err, apierr.ErrNotFound, http.StatusNotFound, "none")
	_, err = c.ServingEndpoints.Query(ctx, serving.QueryEndpointInput{Name: "none"})
	refused(t, "query nothing at a missing endpoint", err, apierr.ErrNotFound, http.StatusNotFound, "none")
}

func TestDatabricksRefusedQueries(t *testing.T) {
	t.Parallel()
	c := start(t, mockserver.Options{Simulate: true}).workspace(t)
	ctx := t.Context()
	must(c.ServingEndpoints.CreateAndWait(ctx, endpoint("e", custom("a", "1"))))(t)
	_, err := c.ServingEndpoints.Query(ctx, serving.QueryEndpointInput{Name: "e"})
	refused(t, "no shape", err, apierr.ErrBadRequest, http.StatusBadRequest, "")
	_, err = c.ServingEndpoints.Query(ctx, serving.QueryEndpointInput{Name: "e", Messages: hello(), Prompt: "x"})
	refused(t, "two shapes", err, apierr.ErrBadRequest, http.StatusBadRequest, "")
	_, err = c.ServingEndpoints.Query(ctx, serving.QueryEndpointInput{Name: "e", Input: "x"})
	refused(t, "another task", err, apierr.ErrBadRequest, http.StatusBadRequest, "llm/v1/chat")
}

func TestDatabricksFailedUpdate(t *testing.T) {
	t.Parallel()
	w := start(t, mockserver.Options{})
	ctx, c := t.Context(), w.workspace(t)
	must(c.ServingEndpoints.CreateAndWait(ctx, endpoint("e", custom("a", "1"))))(t)
	w.FailDeployment(mockserver.DeploymentFailure{
		Endpoint: "e", Entity: "b", Stage: mockserver.StageBuild, Message: "no wheel for torch", BuildLog: "ERROR: torch", Times: 1,
	})
	_, err := c.ServingEndpoints.UpdateConfigAndWait(ctx, serving.EndpointCoreConfigInput{
		Name: "e", ServedEntities: []serving.ServedEntityInput{custom("b", "2")},
	})
	if err == nil || !strings.Contains(err.Error(), "UPDATE_FAILED") {
		t.Fatalf("the wait answers %v, want UPDATE_FAILED", err)
	}
	e := must(c.ServingEndpoints.GetByName(ctx, "e"))(t)
	equal(t, "ready", e.State.Ready, serving.EndpointStateReadyReady)
	equal(t, "served", e.Config.ServedEntities[0].Name, "a")
	equal(t, "state", e.PendingConfig.ServedEntities[0].State.Deployment, serving.ServedModelStateDeploymentDeploymentFailed)
	equal(t, "message", e.PendingConfig.ServedEntities[0].State.DeploymentStateMessage, "no wheel for torch")
	build := must(c.ServingEndpoints.BuildLogsByNameAndServedModelName(ctx, "e", "b"))(t)
	if !strings.Contains(build.Logs, "ERROR: torch") {
		t.Errorf("build log: %q", build.Logs)
	}
}

func TestDatabricksRetries(t *testing.T) {
	t.Parallel()
	w := start(t, mockserver.Options{})
	ctx, c := t.Context(), w.workspace(t)
	must(c.ServingEndpoints.CreateAndWait(ctx, endpoint("e", custom("a", "1"))))(t)
	w.ResetRequests()
	w.Fault(mockserver.Fault{Route: "get_endpoint", Status: http.StatusServiceUnavailable, Times: 1})
	must(c.ServingEndpoints.GetByName(ctx, "e"))(t)
	equal(t, "503s", w.statuses("get_endpoint")[http.StatusServiceUnavailable], 1)
	w.Fault(mockserver.Fault{Route: "get_endpoint", Status: http.StatusInternalServerError, Times: 1})
	_, err := c.ServingEndpoints.GetByName(ctx, "e")
	refused(t, "a 500", err, apierr.ErrInternalError, http.StatusInternalServerError, "")
	w.Fault(mockserver.Fault{Route: "get_endpoint", Status: http.StatusTooManyRequests, Times: 1})
	must(c.ServingEndpoints.GetByName(ctx, "e"))(t)
	equal(t, "429s", w.statuses("get_endpoint")[http.StatusTooManyRequests], 1)
}

func TestDatabricksTokens(t *testing.T) {
	t.Parallel()
	w := start(t, mockserver.Options{Tokens: map[string]string{"conformance": "ann@example.com"}})
	c := w.configured(t, &databricks.Config{Token: "wrong", AuthType: "pat"})
	_, err := c.ServingEndpoints.GetByName(t.Context(), "e")
	refused(t, "a wrong token", err, apierr.ErrUnauthenticated, http.StatusUnauthorized, "token")
	me := must(w.workspace(t).CurrentUser.Me(t.Context(), meRequest()))(t)
	equal(t, "user", me.UserName, "ann@example.com")
}
