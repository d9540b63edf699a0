package mockserver

import (
	"strconv"
	"strings"
)

// The bodies and answers of the Unity Catalog model routes, as far as clients use them.
type (
	ucModel struct {
		Name            string    `json:"name"`
		CatalogName     string    `json:"catalog_name"`
		SchemaName      string    `json:"schema_name"`
		FullName        string    `json:"full_name"`
		Comment         string    `json:"comment,omitempty"`
		Owner           string    `json:"owner"`
		CreatedAt       int64     `json:"created_at"`
		CreatedBy       string    `json:"created_by"`
		StorageLocation string    `json:"storage_location,omitempty"`
		Aliases         []ucAlias `json:"aliases,omitempty"`
	}
	ucAlias struct {
		AliasName  string `json:"alias_name"`
		VersionNum int    `json:"version_num"`
	}
	ucModelList struct {
		RegisteredModels []ucModel `json:"registered_models,omitempty"`
	}
	ucCreate struct {
		Name            string `json:"name"`
		CatalogName     string `json:"catalog_name"`
		SchemaName      string `json:"schema_name"`
		Comment         string `json:"comment,omitempty"`
		StorageLocation string `json:"storage_location,omitempty"`
	}
	ucUpdate struct {
		Comment *string `json:"comment,omitempty"`
	}
	ucVersion struct {
		ModelName   string    `json:"model_name"`
		CatalogName string    `json:"catalog_name"`
		SchemaName  string    `json:"schema_name"`
		Version     int       `json:"version"`
		Source      string    `json:"source,omitempty"`
		Comment     string    `json:"comment,omitempty"`
		Status      string    `json:"status"`
		CreatedAt   int64     `json:"created_at"`
		CreatedBy   string    `json:"created_by"`
		Aliases     []ucAlias `json:"aliases,omitempty"`
	}
	ucVersionList struct {
		ModelVersions []ucVersion `json:"model_versions,omitempty"`
	}
	ucSetAlias struct {
		VersionNum int `json:"version_num"`
	}
)

// threeLevels splits catalog.schema.model; names with other numbers of dots keep what they have.
func threeLevels(full string) (catalog, schema, model string) {
	if catalog, rest, ok := strings.Cut(full, "."); ok {
		if schema, model, ok := strings.Cut(rest, "."); ok {
			return catalog, schema, model
		}
	}
	return "", "", full
}

func (m *registeredModel) uc() ucModel {
	catalog, schema, name := threeLevels(m.Name)
	out := ucModel{Name: name, CatalogName: catalog, SchemaName: schema, FullName: m.Name, Comment: m.Comment, Owner: m.Creator, CreatedAt: m.Created, CreatedBy: m.Creator}
	for _, v := range m.sorted() {
		out.Aliases = append(out.Aliases, m.aliasesOf(v.Version)...)
	}
	return out
}

func (m *registeredModel) aliasesOf(version string) []ucAlias {
	var out []ucAlias
	for _, alias := range sortedKeys(m.Aliases) {
		if m.Aliases[alias] == version {
			n, _ := strconv.Atoi(version) // not a number: 0
			out = append(out, ucAlias{alias, n})
		}
	}
	return out
}

func (m *registeredModel) ucVersion(v registeredVersion) ucVersion {
	catalog, schema, name := threeLevels(m.Name)
	n, _ := strconv.Atoi(v.Version) // not a number: 0
	return ucVersion{
		ModelName: name, CatalogName: catalog, SchemaName: schema, Version: n, Source: v.Source, Comment: v.Comment,
		Status: "READY", CreatedAt: v.Created, CreatedBy: v.Creator, Aliases: m.aliasesOf(v.Version),
	}
}

func (s *Server) ucCreate(x *exchange, req ucCreate) (ucModel, error) {
	for field, value := range map[string]string{"name": req.Name, "catalog_name": req.CatalogName, "schema_name": req.SchemaName} {
		if value == "" || strings.ContainsAny(value, "./ ") {
			return ucModel{}, invalid(field, "is required and must not contain dots, slashes or spaces")
		}
	}
	full := req.CatalogName + "." + req.SchemaName + "." + req.Name
	model := registeredModel{Name: full, Comment: req.Comment, Creator: x.user, Created: x.now.UnixMilli()}
	if err := x.tenant.changeModel(x.ctx, full, newModel(model)); err != nil {
		return ucModel{}, err
	}
	return s.ucGet(&exchange{tenant: x.tenant, vars: map[string]string{"model": full}})
}

func (s *Server) ucGet(x *exchange) (out ucModel, err error) {
	err = x.tenant.models.in(x.vars["model"], func(m *registeredModel) error {
		out = m.uc()
		return nil
	})
	return out, err
}

func (s *Server) ucList(x *exchange) (ucModelList, error) {
	var out ucModelList
	x.tenant.models.list(func(m *registeredModel) {
		u := m.uc()
		if c := x.query.Get("catalog_name"); c != "" && c != u.CatalogName {
			return
		}
		if c := x.query.Get("schema_name"); c != "" && c != u.SchemaName {
			return
		}
		out.RegisteredModels = append(out.RegisteredModels, u)
	})
	return out, nil
}

func (s *Server) ucUpdate(x *exchange, req ucUpdate) (out ucModel, err error) {
	err = x.changeModel(func(m *registeredModel) error {
		set(&m.Comment, req.Comment)
		out = m.uc()
		return nil
	})
	return out, err
}

// changeModel changes the model of the path.
func (x *exchange) changeModel(f func(*registeredModel) error) error {
	name := x.vars["model"]
	return x.tenant.changeModel(x.ctx, name, changing(name, f))
}

func (s *Server) ucDelete(x *exchange) (nothing, error) {
	name := x.vars["model"]
	return nothing{}, x.tenant.changeModel(x.ctx, name, deleting(name))
}

func (s *Server) ucVersions(x *exchange) (out ucVersionList, err error) {
	err = x.tenant.models.in(x.vars["model"], func(m *registeredModel) error {
		for _, v := range m.sorted() {
			out.ModelVersions = append(out.ModelVersions, m.ucVersion(v))
		}
		return nil
	})
	return out, err
}

func (s *Server) ucGetVersion(x *exchange) (out ucVersion, err error) {
	err = x.tenant.models.inVersion(x.vars["model"], x.vars["version"], func(m *registeredModel, v registeredVersion) error {
		out = m.ucVersion(v)
		return nil
	})
	return out, err
}

func (s *Server) ucDeleteVersion(x *exchange) (nothing, error) {
	return nothing{}, x.tenant.deleteVersion(x.ctx, x.vars["model"], x.vars["version"])
}

func (s *Server) ucByAlias(x *exchange) (out ucVersion, err error) {
	err = x.tenant.models.in(x.vars["model"], func(m *registeredModel) error {
		v, ok := m.Versions[m.Aliases[x.vars["alias"]]]
		if !ok {
			return noVersion(m.Name, x.vars["alias"])
		}
		out = m.ucVersion(v)
		return nil
	})
	return out, err
}

func (s *Server) ucSetAlias(x *exchange, req ucSetAlias) (ucAlias, error) {
	return ucAlias{x.vars["alias"], req.VersionNum}, x.changeModel(func(m *registeredModel) error {
		version := strconv.Itoa(req.VersionNum)
		if _, ok := m.Versions[version]; !ok {
			return noVersion(m.Name, version)
		}
		m.Aliases[x.vars["alias"]] = version
		return nil
	})
}

func (s *Server) ucDeleteAlias(x *exchange) (nothing, error) {
	return nothing{}, x.changeModel(func(m *registeredModel) error {
		delete(m.Aliases, x.vars["alias"])
		return nil
	})
}
