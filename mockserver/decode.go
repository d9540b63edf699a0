package mockserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// decode reads a body strictly: one JSON value, no unknown field, every type right. What is wrong is refused
// with the path of the field. An empty body is an empty object.
func decode[T any](body []byte) (T, error) {
	var v T
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	err := decodeInto(body, &v)
	if err == nil {
		return v, nil
	}
	if !json.Valid(body) {
		return v, refuse(http.StatusBadRequest, api.CodeMalformedRequest, "Could not parse the request body as JSON: %s.", jsonError(body))
	}
	field, cause := culprit(body, func(doc []byte) error {
		var v T
		return decodeInto(doc, &v)
	}, "")
	return v, invalid(field, "%s", explain(field, cause))
}

func decodeInto[T any](body []byte, v *T) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

func jsonError(body []byte) error {
	var raw json.RawMessage
	if err := decodeInto(body, &raw); err != nil {
		return err
	}
	return errors.New("invalid JSON")
}

// culprit finds the field that try refuses. A field is right or wrong on its own, so each is tried alone in
// the document; the first one in document order that still fails holds the cause. A value that fails even
// when it is empty is the cause itself.
func culprit(value []byte, try func([]byte) error, path string) (string, error) {
	inner := members(value)
	if len(inner) == 0 || try(empty(value)) != nil {
		return path, try(value)
	}
	for _, m := range inner {
		alone := func(v []byte) error { return try(m.wrap(v)) }
		if alone(m.value) != nil {
			return culprit(m.value, alone, m.path(path))
		}
	}
	return path, try(value)
}

// empty is an object or an array without members.
func empty(value []byte) []byte {
	if bytes.TrimSpace(value)[0] == '[' {
		return []byte("[]")
	}
	return []byte("{}")
}

// member is an element of an object or an array.
type member struct {
	key   string
	index int // of an array's element; -1 for an object's
	value json.RawMessage
}

func (m member) wrap(v []byte) []byte {
	if m.index >= 0 {
		return append(append([]byte("["), v...), ']')
	}
	key, err := json.Marshal(m.key)
	if err != nil { // a string always marshals
		return v
	}
	return append(append(append(append([]byte("{"), key...), ':'), v...), '}')
}

func (m member) path(parent string) string {
	switch {
	case m.index >= 0:
		return fmt.Sprintf("%s[%d]", parent, m.index)
	case parent == "":
		return m.key
	default:
		return parent + "." + m.key
	}
}

// members lists what an object or an array holds, in order; nothing for scalars.
func members(value []byte) []member {
	d := json.NewDecoder(bytes.NewReader(value))
	open, err := d.Token()
	if err != nil || (open != json.Delim('{') && open != json.Delim('[')) {
		return nil
	}
	var out []member
	for d.More() {
		m := member{index: -1}
		if open == json.Delim('[') {
			m.index = len(out)
		} else {
			key, err := d.Token()
			if err != nil {
				return out
			}
			m.key, _ = key.(string)
		}
		if err := d.Decode(&m.value); err != nil {
			return out
		}
		out = append(out, m)
	}
	return out
}

func isUnknown(err error) bool { return strings.Contains(err.Error(), "unknown field") }

// explain says what is wrong with the field in the words of a person.
func explain(field string, err error) string {
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return fmt.Sprintf("must be %s, got a JSON %s", kindWord(wrong.Type.Kind().String()), wrong.Value)
	case isUnknown(err):
		return "is not a field of the request" + expectedSecret(field)
	default:
		return "is wrong: " + err.Error()
	}
}

func kindWord(kind string) string {
	switch {
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"):
		return "a whole number"
	case strings.HasPrefix(kind, "float"):
		return "a number"
	case kind == "bool":
		return "a boolean"
	case kind == "slice":
		return "a list"
	case kind == "struct", kind == "map", kind == "ptr":
		return "an object"
	default:
		return "a " + kind
	}
}

// expectedSecret names the secrets of a provider block when an unknown field stands in one: the usual cause
// is a key of another provider.
func expectedSecret(field string) string {
	segments := strings.Split(field, ".")
	if len(segments) < 2 {
		return ""
	}
	all := api.ExternalModel{
		AI21Labs: &api.AI21LabsConfig{}, AmazonBedrock: &api.AmazonBedrockConfig{}, Anthropic: &api.AnthropicConfig{},
		Cohere: &api.CohereConfig{}, Custom: &api.CustomProviderConfig{APIKeyAuth: &api.APIKeyAuth{}, BearerTokenAuth: &api.BearerTokenAuth{}},
		DatabricksModelServing: &api.DatabricksModelServingConfig{}, GoogleCloudVertexAI: &api.GoogleCloudVertexAIConfig{},
		OpenAI: &api.OpenAIConfig{}, PaLM: &api.PaLMConfig{},
	}
	for _, b := range all.Blocks() {
		if b.Field != segments[len(segments)-2] {
			continue
		}
		names := make([]string, len(b.Secrets))
		for i, s := range b.Secrets {
			names[i] = fmt.Sprintf("%s (a reference {{secrets/scope/key}}) or %s_plaintext", s.Field, s.Field)
		}
		return fmt.Sprintf(": %s expects %s", b.Field, strings.Join(names, ", "))
	}
	return ""
}
