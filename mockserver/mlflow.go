package mockserver

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// The bodies and answers of MLflow's registry routes, as far as clients use them.
type (
	mlModel struct {
		Name                 string      `json:"name"`
		CreationTimestamp    int64       `json:"creation_timestamp"`
		LastUpdatedTimestamp int64       `json:"last_updated_timestamp"`
		Description          string      `json:"description,omitempty"`
		UserID               string      `json:"user_id,omitempty"`
		LatestVersions       []mlVersion `json:"latest_versions,omitempty"`
	}
	mlVersion struct {
		Name                 string `json:"name"`
		Version              string `json:"version"`
		CreationTimestamp    int64  `json:"creation_timestamp"`
		LastUpdatedTimestamp int64  `json:"last_updated_timestamp"`
		CurrentStage         string `json:"current_stage"`
		Description          string `json:"description,omitempty"`
		Source               string `json:"source,omitempty"`
		RunID                string `json:"run_id,omitempty"`
		Status               string `json:"status"`
		UserID               string `json:"user_id,omitempty"`
	}
	mlModelAnswer struct {
		RegisteredModel mlModel `json:"registered_model"`
	}
	mlVersionAnswer struct {
		ModelVersion mlVersion `json:"model_version"`
	}
	mlVersionList struct {
		ModelVersions []mlVersion `json:"model_versions,omitempty"`
	}
	mlModelList struct {
		RegisteredModels []mlModel `json:"registered_models,omitempty"`
	}
	mlTag struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	mlCreateModel struct {
		Name        string  `json:"name"`
		Description string  `json:"description,omitempty"`
		Tags        []mlTag `json:"tags,omitempty"`
	}
	mlCreateVersion struct {
		Name        string  `json:"name"`
		Source      string  `json:"source"`
		RunID       string  `json:"run_id,omitempty"`
		RunLink     string  `json:"run_link,omitempty"`
		Description string  `json:"description,omitempty"`
		Tags        []mlTag `json:"tags,omitempty"`
	}
	mlName struct {
		Name   string   `json:"name"`
		Stages []string `json:"stages,omitempty"`
	}
	mlNameVersion struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (v registeredVersion) ml() mlVersion {
	return mlVersion{
		Name: v.Name, Version: v.Version, CreationTimestamp: v.Created, LastUpdatedTimestamp: v.Created,
		CurrentStage: "None", Description: v.Comment, Source: v.Source, Status: "READY", UserID: v.Creator,
	}
}

func (m *registeredModel) ml() mlModel {
	out := mlModel{Name: m.Name, CreationTimestamp: m.Created, LastUpdatedTimestamp: m.Created, Description: m.Comment, UserID: m.Creator}
	if all := m.sorted(); len(all) > 0 {
		out.LatestVersions = []mlVersion{all[len(all)-1].ml()}
	}
	return out
}

func (s *Server) mlCreateModel(x *exchange, req mlCreateModel) (mlModelAnswer, error) {
	if req.Name == "" {
		return mlModelAnswer{}, invalid("name", "is required")
	}
	model := registeredModel{Name: req.Name, Comment: req.Description, Creator: x.user, Created: x.now.UnixMilli()}
	if err := x.tenant.changeModel(x.ctx, req.Name, newModel(model)); err != nil {
		return mlModelAnswer{}, err
	}
	return s.mlModel(x, req.Name)
}

func (s *Server) mlModel(x *exchange, name string) (out mlModelAnswer, err error) {
	err = x.tenant.models.in(name, func(m *registeredModel) error {
		out.RegisteredModel = m.ml()
		return nil
	})
	return out, err
}

func (s *Server) mlGetModel(x *exchange) (mlModelAnswer, error) {
	return s.mlModel(x, x.query.Get("name"))
}

func (s *Server) mlDeleteModel(x *exchange, req mlName) (nothing, error) {
	return nothing{}, x.tenant.changeModel(x.ctx, req.Name, deleting(req.Name))
}

func (s *Server) mlListModels(x *exchange) (mlModelList, error) {
	var out mlModelList
	x.tenant.models.list(func(m *registeredModel) { out.RegisteredModels = append(out.RegisteredModels, m.ml()) })
	return out, nil
}

func (s *Server) mlCreateVersion(x *exchange, req mlCreateVersion) (mlVersionAnswer, error) {
	switch {
	case req.Name == "":
		return mlVersionAnswer{}, invalid("name", "is required")
	case req.Source == "":
		return mlVersionAnswer{}, invalid("source", "is required")
	}
	var v registeredVersion
	err := x.tenant.changeModel(x.ctx, req.Name, changing(req.Name, func(m *registeredModel) error {
		v = m.addVersion(registeredVersion{Source: req.Source, Comment: req.Description, Creator: x.user, Created: x.now.UnixMilli()})
		return nil
	}))
	return mlVersionAnswer{v.ml()}, err
}

func (s *Server) mlGetVersion(x *exchange) (out mlVersionAnswer, err error) {
	err = x.tenant.models.inVersion(x.query.Get("name"), x.query.Get("version"), func(_ *registeredModel, v registeredVersion) error {
		out.ModelVersion = v.ml()
		return nil
	})
	return out, err
}

func (s *Server) mlDeleteVersion(x *exchange, req mlNameVersion) (nothing, error) {
	return nothing{}, x.tenant.deleteVersion(x.ctx, req.Name, req.Version)
}

// mlLatest answers the POST and the GET form.
func (s *Server) mlLatest(x *exchange, req mlName) (out mlVersionList, err error) {
	err = x.tenant.models.in(cmp.Or(req.Name, x.query.Get("name")), func(m *registeredModel) error {
		out.ModelVersions = m.ml().LatestVersions
		return nil
	})
	return out, err
}

// mlSearch understands the one filter that clients use to list the versions of a model: name='...'.
func (s *Server) mlSearch(x *exchange) (out mlVersionList, err error) {
	filter := x.query.Get("filter")
	name, ok := strings.CutPrefix(strings.ReplaceAll(filter, " ", ""), "name='")
	if !ok || !strings.HasSuffix(name, "'") {
		return out, invalid("filter", "must have the form name='model', got %s", filter)
	}
	err = x.tenant.models.in(strings.TrimSuffix(name, "'"), func(m *registeredModel) error {
		for _, v := range m.sorted() {
			out.ModelVersions = append(out.ModelVersions, v.ml())
		}
		return nil
	})
	return out, err
}

func modelRoutes() []route {
	const (
		uc      = "/api/2.1/unity-catalog/models"
		model   = uc + "/{model}"
		version = model + "/versions/{version}"
		alias   = model + "/aliases/{alias}"
	)
	page := []string{"max_results", "page_token", "include_browse"}
	out := []route{
		{name: "models_uc_create", method: "POST", path: uc, run: taking((*Server).ucCreate)},
		{name: "models_uc_list", method: "GET", path: uc, run: asking((*Server).ucList), query: append([]string{"catalog_name", "schema_name"}, page...)},
		{name: "models_uc_get", method: "GET", path: model, run: asking((*Server).ucGet), query: []string{"include_aliases", "include_browse"}},
		{name: "models_uc_update", method: "PATCH", path: model, run: taking((*Server).ucUpdate)},
		{name: "models_uc_delete", method: "DELETE", path: model, run: asking((*Server).ucDelete)},
		{name: "models_uc_list_versions", method: "GET", path: model + "/versions", run: asking((*Server).ucVersions), query: page},
		{name: "models_uc_get_version", method: "GET", path: version, run: asking((*Server).ucGetVersion), query: []string{"include_aliases", "include_browse"}},
		{name: "models_uc_delete_version", method: "DELETE", path: version, run: asking((*Server).ucDeleteVersion)},
		{name: "models_uc_get_alias", method: "GET", path: alias, run: asking((*Server).ucByAlias), query: []string{"include_aliases"}},
		{name: "models_uc_set_alias", method: "PUT", path: alias, run: taking((*Server).ucSetAlias)},
		{name: "models_uc_delete_alias", method: "DELETE", path: alias, run: asking((*Server).ucDeleteAlias)},
	}
	// The registry of Unity Catalog speaks MLflow's protocol under a prefix of its own.
	for _, base := range []string{"/api/2.0/mlflow", "/api/2.0/mlflow/unity-catalog"} {
		out = append(out,
			route{name: "models_create", method: "POST", path: base + "/registered-models/create", run: taking((*Server).mlCreateModel)},
			route{name: "models_get", method: "GET", path: base + "/registered-models/get", run: asking((*Server).mlGetModel), query: []string{"name"}},
			route{name: "models_delete", method: "DELETE", path: base + "/registered-models/delete", run: taking((*Server).mlDeleteModel)},
			route{name: "models_search", method: "GET", path: base + "/registered-models/search", run: asking((*Server).mlListModels), query: append([]string{"filter", "order_by"}, page...)},
			route{name: "models_latest_versions", method: "POST", path: base + "/registered-models/get-latest-versions", run: taking((*Server).mlLatest)},
			route{name: "models_create_version", method: "POST", path: base + "/model-versions/create", run: taking((*Server).mlCreateVersion)},
			route{name: "models_get_version", method: "GET", path: base + "/model-versions/get", run: asking((*Server).mlGetVersion), query: []string{"name", "version"}},
			route{name: "models_delete_version", method: "DELETE", path: base + "/model-versions/delete", run: taking((*Server).mlDeleteVersion)},
			route{name: "models_search_versions", method: "GET", path: base + "/model-versions/search", run: asking((*Server).mlSearch), query: append([]string{"filter", "order_by"}, page...)},
		)
	}
	return out
}
