package llmapi

import (
	"cmp"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Settings is what a config.properties and the environment say.
type Settings struct {
	Inference, Management, Metrics Address
	GRPCHost                       string // without TLS, as TorchServe's
	GRPCPort                       int
	MetricsAPI                     bool
	CertificateFile, KeyFile       string // for addresses with https
	MaxRequest, MaxResponse        int64  // bytes
	QueueSize                      int    // requests of one model that wait
	ModelStore                     string // directory of checkpoints, by model; empty: the embedded one answers
	Models                         []ModelSettings
	Generation                     GenerationSettings
	Notes                          []string // what was accepted and has no effect, for the operator

	envOverrides   bool
	defaultTimeout time.Duration
	defaultWorkers int
	load           []string // names, with or without =directory; empty: all that Models name
	models         string   // the property, in JSON
}

// ModelSettings is one version of a model.
type ModelSettings struct {
	Name, Version   string
	Default         bool
	Path            string // of the checkpoint; empty: the embedded one
	BatchSize       int
	MaxBatchDelay   time.Duration // from the first request of a batch
	ResponseTimeout time.Duration // for each chunk of an answer
	MinWorkers      int
	MaxWorkers      int
}

// Configuration is where settings come from.
type Configuration struct {
	File       string // its name, for errors and notes
	Properties string // its text
	ModelStore string // of the command line; wins over the property
	Models     string // of the command line; wins over MODEL_NAME and load_models
	Env        func(name string) (value string, set bool)
}

// Read makes settings of a configuration. Errors name the property or the variable.
func (c Configuration) Read() (Settings, error) {
	s := defaults()
	list, err := parseProperties(c.Properties)
	if err != nil {
		return s, fmt.Errorf("%s: %w", c.File, err)
	}
	known := properties()
	for _, p := range list {
		set, ok := known[p.key]
		if !ok && !slices.Contains(withoutEffect(), p.key) {
			return s, fmt.Errorf("%s: line %d: %s is not a property of TorchServe", c.File, p.line, p.key)
		}
		if !ok {
			s.note("%s: %s has no effect here", c.File, p.key)
			continue
		}
		if err := set(&s, strings.TrimSpace(p.value)); err != nil {
			return s, fmt.Errorf("%s: line %d: %s %w", c.File, p.line, p.key, err)
		}
	}
	if s.envOverrides {
		for name, set := range known {
			variable := "TS_" + strings.ToUpper(name)
			if value, ok := c.Env(variable); ok {
				if err := set(&s, strings.TrimSpace(value)); err != nil {
					return s, fmt.Errorf("%s %w", variable, err)
				}
			}
		}
	}
	env, err := readEnvironment(c.Env, &s)
	if err != nil {
		return s, err
	}
	if c.ModelStore != "" {
		s.ModelStore = c.ModelStore
	}
	if c.Models != "" {
		s.load = splitList(c.Models)
	}
	for _, host := range []string{s.Inference.Host, s.Management.Host, s.GRPCHost} {
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			s.note("everybody who reaches %s is answered: LLM-API has no tokens", host)
			break
		}
	}
	s.Models, err = s.selectModels(c.File, env)
	return s, err
}

func defaults() Settings {
	return Settings{
		Inference: Address{Host: "127.0.0.1", Port: 8080}, Management: Address{Host: "127.0.0.1", Port: 8081},
		Metrics: Address{Host: "127.0.0.1", Port: 8082}, GRPCHost: "127.0.0.1", GRPCPort: 7070, MetricsAPI: true,
		MaxRequest: 6553500, MaxResponse: 6553500, QueueSize: 100,
		defaultTimeout: 120 * time.Second, defaultWorkers: 1,
		Generation: GenerationSettings{MaxInput: 2048, MaxNew: 2048, EndOfStream: "<|endoftext|>", Format: "bf16"},
	}
}

func (s *Settings) note(format string, args ...any) {
	s.Notes = append(s.Notes, fmt.Sprintf(format, args...))
}

// selectModels are the models to load: those of the command line, MODEL_NAME or load_models, else all that the
// models property describes.
func (s *Settings) selectModels(file string, env environment) ([]ModelSettings, error) {
	described, err := s.describedModels(file)
	if err != nil {
		return nil, err
	}
	load := s.load
	if len(load) == 0 && env.model != "" {
		load = []string{env.model}
	}
	if len(load) == 0 || slices.Contains(load, "all") {
		load = slices.DeleteFunc(slices.Clone(load), func(name string) bool { return name == "all" })
		for _, m := range described {
			if !slices.Contains(load, m.Name) {
				load = append(load, m.Name)
			}
		}
	}
	if len(load) == 0 {
		return nil, fmt.Errorf("no model is named: set MODEL_NAME, or describe one in the models property of config.properties")
	}
	var out []ModelSettings
	for _, entry := range load {
		name, path, _ := strings.Cut(entry, "=")
		name = strings.TrimSuffix(name, ".mar")
		switch {
		case path == "" && env.path != "" && (name == env.model || len(load) == 1):
			path = env.path
		case s.ModelStore != "" && !filepath.IsAbs(path):
			path = filepath.Join(s.ModelStore, cmp.Or(path, name))
		}
		versions := slices.DeleteFunc(slices.Clone(described), func(m ModelSettings) bool { return m.Name != name })
		if len(versions) == 0 {
			versions = []ModelSettings{s.newModel(name, "1.0")}
		}
		if !slices.ContainsFunc(versions, func(m ModelSettings) bool { return m.Default }) {
			versions[0].Default = true
		}
		for _, v := range versions {
			v.Path = path
			out = append(out, v)
		}
	}
	return out, nil
}

// newModel is a version with TorchServe's defaults.
func (s *Settings) newModel(name, version string) ModelSettings {
	return ModelSettings{
		Name: name, Version: version, BatchSize: 1, MaxBatchDelay: 100 * time.Millisecond,
		ResponseTimeout: s.defaultTimeout, MinWorkers: s.defaultWorkers, MaxWorkers: s.defaultWorkers,
	}
}
