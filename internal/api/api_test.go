package api

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestConfigInputTellsEmptyFromAbsent(t *testing.T) {
	for want, c := range map[string]ConfigInput{
		`{}`:                     {},
		`{"served_entities":[]}`: {ServedEntities: []ServedEntityInput{}},
		`{"served_entities":[],"auto_capture_config":{"enabled":false}}`: {
			ServedEntities: []ServedEntityInput{}, AutoCaptureConfig: &AutoCaptureConfig{Enabled: new(bool)},
		},
		`{"served_entities":[{"name":"a","scale_to_zero_enabled":false}],"traffic_config":{"routes":[{"served_entity_name":"a","traffic_percentage":0}]}}`: {
			ServedEntities: []ServedEntityInput{{Name: "a", EntitySettings: EntitySettings{ScaleToZeroEnabled: new(bool)}}},
			TrafficConfig:  &TrafficConfig{Routes: []Route{{ServedEntityName: "a"}}},
		},
	} {
		got, err := json.Marshal(c)
		if err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}

func TestFlexibleScalars(t *testing.T) {
	var r struct {
		V Version
		P Percent
		S StringList
		L Logprobs
	}
	for in, want := range map[string]string{
		`{"V":3,"P":"90","S":"a","L":true}`:     `{"V":"3","P":90,"S":"a","L":true}`,
		`{"V":"3","P":90,"S":["a"],"L":2}`:      `{"V":"3","P":90,"S":["a"],"L":2}`,
		`{"V":"3a","P":0,"S":[],"L":false}`:     `{"V":"3a","P":0,"S":[],"L":false}`,
		`{"V":"1","P":1,"S":["a","b"],"L":0}`:   `{"V":"1","P":1,"S":["a","b"],"L":true}`,
		`{"V":"1","P":1,"S":["a","b"],"L":"x"}`: "",
		`{"V":1.5,"P":1,"S":[],"L":true}`:       "",
		`{"V":-1,"P":1,"S":[],"L":true}`:        "",
		`{"V":1,"P":"x","S":[],"L":true}`:       "",
		`{"V":1,"P":1,"S":{},"L":true}`:         "",
	} {
		err := json.Unmarshal([]byte(in), &r)
		if want == "" {
			if err == nil {
				t.Errorf("%s is taken", in)
			}
			continue
		}
		got, _ := json.Marshal(r)
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v, want %s", in, got, err, want)
		}
	}
}

func TestSecretReference(t *testing.T) {
	for in, want := range map[string][2]string{
		"{{secrets/my-scope/my_key}}": {"my-scope", "my_key"},
		"{{ secrets/s/k }}":           {"s", "k"},
		"{{secrets/s}}":               {},
		"{{secrets//k}}":              {},
		"{{secrets/s/k/x}}":           {},
		"{{secret/s/k}}":              {},
		"{{secrets/s/k}} ":            {},
		"sk-plaintext":                {},
		"":                            {},
	} {
		scope, key, ok := SecretReference(in)
		if got := [2]string{scope, key}; got != want || ok != (want != [2]string{}) {
			t.Errorf("%q: got %v, %v", in, got, ok)
		}
	}
}

// filled returns a T with every exported field set to something that is not zero.
func filled[T any](t *testing.T) T {
	t.Helper()
	var v T
	fill(reflect.ValueOf(&v).Elem())
	return v
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("k"), reflect.ValueOf("v"))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64, reflect.Float32:
		v.SetFloat(0.5)
	default:
		v.SetInt(7)
	}
}

// A field that Clone forgets to copy, or copies shallowly, shows here.
func TestClonesAreDeepAndWhole(t *testing.T) {
	endpoint, input := filled[Endpoint](t), filled[ConfigInput](t)
	for name, pair := range map[string][2]any{
		"Endpoint":    {endpoint, endpoint.Clone()},
		"ConfigInput": {input, input.Clone()},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: the clone differs", name)
		}
		if shared := sharedMemory(reflect.ValueOf(pair[0]), reflect.ValueOf(pair[1]), name); shared != "" {
			t.Errorf("the clone shares %s", shared)
		}
	}
}

func sharedMemory(a, b reflect.Value, path string) string {
	switch a.Kind() {
	case reflect.Pointer:
		if a.Pointer() == b.Pointer() {
			return path
		}
		return sharedMemory(a.Elem(), b.Elem(), path)
	case reflect.Map, reflect.Slice:
		if a.Pointer() == b.Pointer() {
			return path
		}
		if a.Kind() == reflect.Slice {
			return sharedMemory(a.Index(0), b.Index(0), path+"[0]")
		}
	case reflect.Struct:
		for i := range a.NumField() {
			if s := sharedMemory(a.Field(i), b.Field(i), path+"."+a.Type().Field(i).Name); s != "" {
				return s
			}
		}
	}
	return ""
}

// Every field that ends in _plaintext is a secret that Blocks lists, so that redaction misses none.
func TestEveryPlaintextIsASecretOfABlock(t *testing.T) {
	m := filled[ExternalModel](t)
	b, err := json.Marshal(m.Redacted())
	if err != nil || strings.Contains(string(b), "plaintext") {
		t.Errorf("plaintext is left in %s, %v", b, err)
	}
	full, _ := json.Marshal(m)
	secrets := 0
	for _, block := range m.Blocks() {
		secrets += len(block.Secrets)
		for _, s := range block.Secrets {
			if field := s.Field[strings.LastIndexByte(s.Field, '.')+1:]; !strings.Contains(string(full), `"`+field+`"`) {
				t.Errorf("%s has no field %s", block.Field, field)
			}
		}
		if !block.Set || !strings.Contains(string(full), `"`+block.Field+`"`) {
			t.Errorf("block %s is not on the wire", block.Field)
		}
	}
	if want := strings.Count(string(full), "_plaintext"); secrets != want {
		t.Errorf("%d secrets are listed, %d stand on the wire", secrets, want)
	}
}

func TestEntityLooksAtTheTargetFirst(t *testing.T) {
	named := func(v Version) *ConfigOutput {
		return &ConfigOutput{ServedEntities: []ServedEntity{{Name: "a", EntityVersion: v}}}
	}
	e := Endpoint{Config: named("1"), PendingConfig: named("2"), State: EndpointState{ConfigUpdate: InProgress}}
	for update, want := range map[ConfigUpdate]Version{InProgress: "2", UpdateFailed: "1", UpdateCanceled: "1"} {
		e.State.ConfigUpdate = update
		if got, ok := e.Entity("a"); !ok || got.EntityVersion != want {
			t.Errorf("%s: got version %q, want %q", update, got.EntityVersion, want)
		}
	}
	e.Config = nil
	if got, ok := e.Entity("a"); !ok || got.EntityVersion != "2" {
		t.Error("what a failed first update left behind is not found")
	}
}
