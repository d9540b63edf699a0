package upstream

import (
	"maps"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// EngineEntry is one engine and what it answers for. It runs already, at BaseURL, or is launched.
type EngineEntry struct {
	Name          string
	Kind          string // of engineKinds, or torchserve
	BaseURL       string
	Launch        Launch
	ManagementURL string // torchserve alone
	EndOfStream   string // torchserve alone
	Model         string // as the engine calls it; empty, for launched ones: as it is registered
	StartTimeout  time.Duration
	Key           string // env:NAME, file:PATH or {{secrets/scope/key}}; never the key itself
	CAFile        string
	Models        []string // registered names, with or without /version
	WorkloadTypes []string
	Timeouts      Timeouts
	Breaker       BreakerConfig
}

func readEngine(y yamlReader, n *yaml.Node, at string) (EngineEntry, error) {
	e := EngineEntry{Launch: defaultLaunch(), StartTimeout: defaultStartTimeout}
	known := fields{
		"name":           value(y, &e.Name, parseText),
		"kind":           value(y, &e.Kind, parseKind),
		"base_url":       value(y, &e.BaseURL, parseBaseURL),
		"management_url": value(y, &e.ManagementURL, parseEngineURL),
		"end_of_stream":  value(y, &e.EndOfStream, parseText),
		"model":          value(y, &e.Model, parseText),
		"key":            value(y, &e.Key, parseKeyReference),
		"ca_file":        value(y, &e.CAFile, parseText),
		"models":         list(y, &e.Models, parseText),
		"workload_types": list(y, &e.WorkloadTypes, parseText),
		"start_timeout":  value(y, &e.StartTimeout, parseDuration),
		"timeouts":       readTimeouts(y, &e.Timeouts),
		"breaker":        readBreaker(y, &e.Breaker),
	}
	launch := launchFields(y, &e.Launch)
	maps.Copy(known, launch)
	if err := y.mapping(n, at, known, "kind"); err != nil {
		return e, err
	}
	if err := e.check(y, n, at, launch); err != nil {
		return e, err
	}
	if e.Name == "" {
		e.Name = strings.TrimSpace(e.Kind + " " + e.Model)
	}
	return e, nil
}

// check refuses fields that do not go together.
func (e EngineEntry) check(y yamlReader, n *yaml.Node, at string, launch fields) error {
	launched := !e.Launch.Command.IsZero()
	present := given(n)
	for _, field := range slices.Sorted(maps.Keys(launch)) {
		if line, ok := present[field]; ok && !launched {
			return y.errorf(line, "%s.%s needs a command", at, field)
		}
	}
	for _, rule := range []struct {
		field string
		wrong bool
		says  string
	}{
		{"base_url", launched, "and command exclude each other"},
		{"management_url", launched, "does not go with command: the engine's port is not known before it is started"},
		{"ca_file", launched, "does not go with command: this machine is reached without TLS"},
		{"base_url", e.Kind != torchServeKind && strings.HasPrefix(e.BaseURL, grpcScheme), "with " + grpcScheme + " belongs to kind " + torchServeKind},
		{"management_url", e.Kind != torchServeKind, "belongs to kind " + torchServeKind},
		{"end_of_stream", e.Kind != torchServeKind, "belongs to kind " + torchServeKind},
	} {
		if line, ok := present[rule.field]; ok && rule.wrong {
			return y.errorf(line, "%s.%s %s", at, rule.field, rule.says)
		}
	}
	switch {
	case !launched && e.BaseURL == "":
		return y.errorf(n, "%s.base_url or command is required", at)
	case !launched && e.Model == "":
		return y.errorf(n, "%s.model is required", at)
	case len(e.Models)+len(e.WorkloadTypes) == 0:
		return y.errorf(n, "%s must have models or workload_types, or it answers for nothing", at)
	}
	return nil
}

// unique refuses a model or a workload type that two engines answer for.
func (y yamlReader) unique(n *yaml.Node, at string, e EngineEntry, taken map[string]string) error {
	for _, what := range slices.Concat(e.Models, e.WorkloadTypes) {
		if first, ok := taken[what]; ok {
			return y.errorf(n, "%s answers for %s, as %s does", at, what, first)
		}
		taken[what] = at
	}
	return nil
}
