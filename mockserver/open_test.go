package mockserver

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

const canary = "sk-canary-1234"

// fill makes a workspace with a bit of everything and returns what clients see of it.
func fill(t *testing.T, s *Server) {
	t.Helper()
	c := call(t, s)
	c.ok("POST", api.PathEndpoints, create("a", pt))
	c.ok("POST", api.PathEndpoints, create("gone", pt))
	c.ok("POST", api.PathEndpoints, create("b", `{"name":"x","external_model":{"name":"gpt-4","task":"llm/v1/chat","openai_config":{"openai_api_key_plaintext":"`+canary+`"}}}`))
	c.ok("PATCH", api.TagsPath("a"), `{"add_tags":[{"key":"k","value":"v"}]}`)
	c.ok("PUT", api.AIGatewayPath("a"), `{"rate_limits":[{"calls":0,"renewal_period":"minute"}]}`)
	c.ok("PUT", api.ConfigPath("a"), `{"served_entities":[`+pt+`,`+custom+`],`+split+`}`)
	c.ok("DELETE", api.EndpointPath("gone"), "")
	s.FailDeployment(DeploymentFailure{Endpoint: "f", Message: "broken"})
	c.ok("POST", api.PathEndpoints, create("f", custom))
	c.ok("POST", "/api/2.0/secrets/scopes/create", `{"scope":"s"}`)
	c.ok("POST", "/api/2.0/secrets/put", `{"scope":"s","key":"k","string_value":"`+canary+`"}`)
	c.ok("POST", "/api/2.0/mlflow/registered-models/create", `{"name":"m"}`)
	c.ok("POST", "/api/2.0/mlflow/model-versions/create", `{"name":"m","source":"x"}`)
}

func seen(t *testing.T, s *Server) string {
	t.Helper()
	b, err := json.Marshal(s.Endpoints("token"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + call(t, s).ok("GET", "/api/2.0/mlflow/registered-models/search", "")
}

func TestStateSurvives(t *testing.T) {
	for _, key := range []string{"", "key"} {
		path := filepath.Join(t.TempDir(), "data")
		open := func(key string) *Server {
			t.Helper()
			s, err := Open(path, key, Options{Clock: fixedClock})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		s := open(key)
		fill(t, s)
		before := seen(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(canary)) {
			t.Errorf("key %q: the file holds a secret in the clear", key)
		}
		if plain := bytes.Contains(data, []byte("foundation-model")); plain != (key == "") {
			t.Errorf("key %q: plain values %v", key, plain)
		}
		s = open(key)
		if after := seen(t, s); after != before {
			t.Errorf("key %q:\nbefore %s\n after %s", key, before, after)
		}
		c := call(t, s)
		list := c.ok("GET", "/api/2.0/secrets/scopes/list", "")
		if kept := strings.Contains(list, `"s"`); kept != (key != "") {
			t.Errorf("key %q: scopes %s", key, list)
		}
		c.refused("POST", api.PathEndpoints, create("a", pt), 409, api.CodeAlreadyExists, "'a'")
		if id := c.endpoint("POST", api.PathEndpoints, `{"name":"gone"}`).ID; strings.Contains(before, id) {
			t.Error("an id was given twice")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if key != "" {
			if _, err := Open(path, "other", Options{}); err == nil || !strings.Contains(err.Error(), "wrong key") {
				t.Errorf("another key: %v", err)
			}
		}
	}
}

func TestResetForgetsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	s, err := Open(path, "", Options{Admin: true})
	if err != nil {
		t.Fatal(err)
	}
	c := call(t, s)
	c.ok("POST", api.PathEndpoints, create("a", pt))
	c.ok("POST", "/__admin/reset", "")
	c.ok("POST", "/__admin/reset", "")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(path, "", Options{}); err != nil {
		t.Fatal(err)
	}
	if e := s.Endpoints("token"); len(e) != 0 {
		t.Errorf("endpoints %+v", e)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.TempDir(), "", Options{}); err == nil {
		t.Error("a directory is a data file")
	}
}

// TestWhatIsGoneStaysKnown: images outlive their endpoints, and a model that was deleted is not there again although
// the server begins with it.
func TestWhatIsGoneStaysKnown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	s, err := Open(path, "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := call(t, s)
	c.ok("POST", api.PathEndpoints, create("a", custom))
	c.ok("DELETE", api.EndpointPath("a"), "")
	c.ok("DELETE", "/api/2.1/unity-catalog/models/ml.llm-catalog.gte-large", "")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(path, "", Options{Admin: true}); err != nil {
		t.Fatal(err)
	}
	c = call(t, s)
	c.refused("GET", "/api/2.1/unity-catalog/models/ml.llm-catalog.gte-large", "", 404, api.CodeNotFound, "gte-large")
	c.ok("POST", api.PathEndpoints, create("a", custom))
	if log := c.ok("GET", api.EndpointPath("a")+"/served-models/b/build-logs", ""); !strings.Contains(log, "reusing the container image") {
		t.Errorf("build log %s", log)
	}
	c.ok("POST", "/__admin/reset", "")
	c.ok("GET", "/api/2.1/unity-catalog/models/ml.llm-catalog.gte-large", "")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestSealedValuesKeepTheirPlace: what is sealed for one workspace cannot be read as that of another.
func TestSealedValuesKeepTheirPlace(t *testing.T) {
	v, err := newVault(nil, "key", true)
	if err != nil {
		t.Fatal(err)
	}
	data, err := v.encode(entry{"ann", keepSecrets, "s", secretScopeKeys{"k": {Value: canary}}})
	if err != nil || bytes.Contains(data, []byte(canary)) {
		t.Fatalf("%s, %v", data, err)
	}
	for change, readable := range map[*Change]bool{
		{Scope: "ann", Kind: keepSecrets, Name: "s", Value: data}: true,
		{Scope: "bob", Kind: keepSecrets, Name: "s", Value: data}: false,
		{Scope: "ann", Kind: keepModels, Name: "s", Value: data}:  false,
		{Scope: "ann", Kind: keepSecrets, Name: "t", Value: data}: false,
	} {
		if _, err := v.decode(*change); (err == nil) != readable {
			t.Errorf("%s %s %s: %v", change.Scope, change.Kind, change.Name, err)
		}
	}
}
