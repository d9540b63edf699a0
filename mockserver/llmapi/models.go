package llmapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// describedModels reads the models property: name → version → parameters, in order of names and versions.
func (s *Settings) describedModels(file string) ([]ModelSettings, error) {
	if s.models == "" {
		return nil, nil
	}
	byName, err := s.decodeModels(file)
	if err != nil {
		return nil, fmt.Errorf("%s: models %w", file, err)
	}
	var out []ModelSettings
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		defaults := 0
		for _, version := range slices.Sorted(maps.Keys(byName[name])) {
			m := s.newModel(name, version)
			if err := readModel(byName[name][version], &m); err != nil {
				return nil, fmt.Errorf("%s: models.%s.%s%w", file, name, version, err)
			}
			if m.Default {
				defaults++
			}
			out = append(out, m)
		}
		if defaults > 1 {
			return nil, fmt.Errorf("%s: models.%s has %d versions with defaultVersion", file, name, defaults)
		}
	}
	return out, nil
}

type parameters map[string]json.RawMessage

// decodeModels reads the JSON of the property. The example in LLM-API's deployment guide lacks the brace that
// closes its first model, so that the second stands among the versions of the first and the end is missing: that
// is read as it is meant, with a note.
func (s *Settings) decodeModels(file string) (map[string]map[string]parameters, error) {
	text := []byte(s.models)
	if missing := missingBraces(text); missing > 0 {
		text = append(text, bytes.Repeat([]byte("}"), missing)...)
		s.note("%s: models lacks %d closing brace(s) at its end", file, missing)
	}
	var raw map[string]map[string]parameters
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, fmt.Errorf("is not JSON of the form {model: {version: {parameter: value}}}: %w", plainJSON(err))
	}
	for name, versions := range raw {
		for version, p := range versions {
			nested, ok := asVersions(p)
			if !ok {
				continue
			}
			if _, taken := raw[version]; taken {
				return nil, fmt.Errorf("has %q twice", version)
			}
			s.note("%s: models has %q among the versions of %q, where a brace is missing; it is read as a model", file, version, name)
			delete(versions, version)
			raw[version] = nested
		}
	}
	return raw, nil
}

// asVersions reads the parameters of a version as versions of a model, if all of them are objects.
func asVersions(p parameters) (map[string]parameters, bool) {
	out := map[string]parameters{}
	for key, value := range p {
		var inner parameters
		if json.Unmarshal(value, &inner) != nil || inner == nil {
			return nil, false
		}
		out[key] = inner
	}
	return out, len(out) > 0
}

// missingBraces counts the braces that are open at the end of a text.
func missingBraces(text []byte) int {
	open, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && c == '{':
			open++
		case !quoted && c == '}':
			open--
		}
	}
	return open
}

// plainJSON is an error of decoding without the names of our types.
func plainJSON(err error) error {
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		return fmt.Errorf("%q is of type %s", mismatch.Field, mismatch.Value)
	}
	return err
}

// readModel sets the parameters of a version; errors begin with the parameter's name.
func readModel(p parameters, m *ModelSettings) error {
	m.MaxWorkers = -1
	known := map[string]func(string) error{
		"defaultVersion":  func(v string) error { return parseBool(v, &m.Default) },
		"batchSize":       func(v string) error { return parseInt(v, 1, 1<<16, &m.BatchSize) },
		"maxBatchDelay":   func(v string) error { return parseUnits(v, time.Millisecond, &m.MaxBatchDelay) },
		"responseTimeout": func(v string) error { return parseUnits(v, time.Second, &m.ResponseTimeout) },
		"minWorkers":      func(v string) error { return parseInt(v, 0, maxWorkers, &m.MinWorkers) },
		"maxWorkers":      func(v string) error { return parseInt(v, 0, maxWorkers, &m.MaxWorkers) },
	}
	ignored := []string{
		"marName", "startupTimeout", "runtimeType", "parallelType", "parallelLevel", "deviceType", "deviceIds", "useJobTicket",
		"maxRetryTimeoutInSec", "clientTimeoutInMills", "jobQueueSize", "useVenv", "stateful", "continuousBatching",
		"sequenceMaxIdleMSec", "sequenceTimeoutMSec", "maxNumSequence", "maxSequenceJobQueueSize",
	}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		set, ok := known[name]
		if !ok && slices.Contains(ignored, name) {
			continue
		}
		if !ok {
			return fmt.Errorf(".%s is not a parameter; known are %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		if err := set(strings.Trim(string(p[name]), `"`)); err != nil {
			return fmt.Errorf(".%s %w", name, err)
		}
	}
	if m.MaxWorkers < 0 {
		m.MaxWorkers = max(m.MinWorkers, 1)
	}
	if m.MaxWorkers < m.MinWorkers {
		return fmt.Errorf(".maxWorkers (%d) is below minWorkers (%d)", m.MaxWorkers, m.MinWorkers)
	}
	return nil
}
