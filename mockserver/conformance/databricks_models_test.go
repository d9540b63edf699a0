package conformance

import (
	"net/http"
	"testing"

	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/service/catalog"
	"github.com/databricks/databricks-sdk-go/service/ml"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// TestDatabricksModels registers a model in Unity Catalog and a version of it over MLflow's protocol, looks both
// up and serves the version.
func TestDatabricksModels(t *testing.T) {
	t.Parallel()
	c := start(t, mockserver.Options{Simulate: true}).workspace(t)
	ctx := t.Context()
	const full = "ml.demo.writer"
	model := must(c.RegisteredModels.Create(ctx, catalog.CreateRegisteredModelRequest{CatalogName: "ml", SchemaName: "demo", Name: "writer"}))(t)
	equal(t, "full name", model.FullName, full)
	_, err := c.RegisteredModels.Create(ctx, catalog.CreateRegisteredModelRequest{CatalogName: "ml", SchemaName: "demo", Name: "writer"})
	refused(t, "the same model", err, apierr.ErrResourceConflict, 0, "writer")

	e := custom("a", "1")
	e.EntityName = full
	_, err = c.ServingEndpoints.Create(ctx, endpoint("e", e))
	refused(t, "a model without versions", err, apierr.ErrBadRequest, http.StatusBadRequest, full)

	made := must(c.ModelRegistry.CreateModelVersion(ctx, ml.CreateModelVersionRequest{Name: full, Source: "dbfs:/models/writer"}))(t)
	equal(t, "version", made.ModelVersion.Version, "1")
	found := must(c.ModelRegistry.SearchModelVersionsAll(ctx, ml.SearchModelVersionsRequest{Filter: "name='" + full + "'"}))(t)
	equal(t, "versions by MLflow", len(found), 1)
	versions := must(c.ModelVersions.ListAll(ctx, catalog.ListModelVersionsRequest{FullName: full}))(t)
	if len(versions) != 1 || versions[0].Version != 1 || versions[0].Status != catalog.ModelVersionInfoStatusReady {
		t.Errorf("versions: %+v", versions)
	}
	must(c.RegisteredModels.SetAlias(ctx, catalog.SetRegisteredModelAliasRequest{FullName: full, Alias: "champion", VersionNum: 1}))(t)
	equal(t, "version by alias", must(c.ModelVersions.GetByAliasByFullNameAndAlias(ctx, full, "champion"))(t).Version, 1)
	names := map[string]bool{}
	for _, m := range must(c.RegisteredModels.ListAll(ctx, catalog.ListRegisteredModelsRequest{}))(t) {
		names[m.FullName] = true
	}
	equal(t, "listed", names[full], true)

	must(c.ServingEndpoints.CreateAndWait(ctx, endpoint("e", e)))(t)
	_, err = c.ModelVersions.GetByFullNameAndVersion(ctx, full, 2)
	refused(t, "an unknown version", err, apierr.ErrNotFound, http.StatusNotFound, "2")
	ok(t, c.ModelVersions.DeleteByFullNameAndVersion(ctx, full, 1))
	ok(t, c.RegisteredModels.DeleteByFullName(ctx, full))
	_, err = c.RegisteredModels.GetByFullName(ctx, full)
	refused(t, "a deleted model", err, apierr.ErrNotFound, http.StatusNotFound, full)
}

// TestDatabricksStopAndStart does what no SDK has a method for: it stops an endpoint and starts it again.
func TestDatabricksStopAndStart(t *testing.T) {
	t.Parallel()
	w, c, _ := deployed(t)
	m := mlflow{t, w}
	m.ok("POST", "/api/2.0/serving-endpoints/e/config:stop", nil)
	e := must(c.ServingEndpoints.GetByName(t.Context(), "e"))(t)
	equal(t, "ready", string(e.State.Ready), "NOT_READY")
	_, err := c.ServingEndpoints.Query(t.Context(), query("e"))
	refused(t, "a stopped endpoint", err, apierr.ErrBadRequest, http.StatusBadRequest, "stopped")
	m.ok("POST", "/api/2.0/serving-endpoints/e/config:start", nil)
	e = must(c.ServingEndpoints.GetByName(t.Context(), "e"))(t)
	equal(t, "ready", string(e.State.Ready), "READY")
	equal(t, "version", e.Config.ConfigVersion, int64(2))
	must(c.ServingEndpoints.Query(t.Context(), query("e")))(t)
}
