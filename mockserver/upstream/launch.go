package upstream

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/launcher"
)

// Launch says how to start an engine; without a command there is nothing to start.
type Launch struct {
	Command     launcher.Command
	Directory   string            // to start it in; empty: that of the server
	Env         map[string]string // besides the server's own; values may be references, see IsReference
	EntityEnv   []string          // names of the served entity's environment_vars that it gets too
	StopTimeout time.Duration
	Restart     launcher.Backoff
	Attempts    int // starts before it served once, after which its deployment fails
}

// What an engines file need not say. An engine loads for minutes; one that must be downloaded needs a longer time-out.
const (
	defaultStartTimeout = 10 * time.Minute
	defaultStopTimeout  = 10 * time.Second
	defaultAttempts     = 3
)

func defaultLaunch() Launch {
	return Launch{StopTimeout: defaultStopTimeout, Attempts: defaultAttempts, Restart: launcher.Backoff{Min: time.Second, Max: time.Minute}}
}

// launchFields are the fields of an engine that make sense with a command alone.
func launchFields(y yamlReader, l *Launch) fields {
	return fields{
		"command":   readCommand(y, &l.Command),
		"directory": value(y, &l.Directory, parseText),
		"env":       readEnv(y, &l.Env),
		"environment_vars": list(y, &l.EntityEnv, func(name string) (string, error) {
			if !variable().MatchString(name) {
				return "", fmt.Errorf("is no name of a variable: %q", name)
			}
			return name, nil
		}),
		"stop_timeout": value(y, &l.StopTimeout, parseDuration),
		"restart": func(n *yaml.Node, at string) error {
			err := y.mapping(n, at, fields{
				"min":      value(y, &l.Restart.Min, parseDuration),
				"max":      value(y, &l.Restart.Max, parseDuration),
				"attempts": value(y, &l.Attempts, parseAttempts),
			})
			if err == nil && l.Restart.Min > l.Restart.Max {
				return y.errorf(n, "%s.min, %s, is above max, %s", at, l.Restart.Min, l.Restart.Max)
			}
			return err
		},
	}
}

// readCommand takes a line, which is split at its blanks, or a list of words.
func readCommand(y yamlReader, to *launcher.Command) func(*yaml.Node, string) error {
	return func(n *yaml.Node, at string) (err error) {
		if resolved(n).Kind == yaml.ScalarNode {
			return value(y, to, launcher.ParseLine)(n, at)
		}
		var words []string
		if err := list(y, &words, func(s string) (string, error) { return s, nil })(n, at); err != nil {
			return err
		}
		if *to, err = launcher.ParseCommand(words); err != nil {
			return y.errorf(n, "%s: %w", at, err)
		}
		return nil
	}
}

// variable is what names of environment variables look like.
func variable() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) }

// readEnv takes names with values. No error repeats a value: it may be a key.
func readEnv(y yamlReader, to *map[string]string) func(*yaml.Node, string) error {
	return func(n *yaml.Node, at string) error {
		known := fields{}
		*to = map[string]string{}
		if n = resolved(n); n.Kind != yaml.MappingNode {
			return y.errorf(n, "%s must be a mapping", at)
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if !variable().MatchString(key.Value) {
				return y.errorf(key, "%s: %q is no name of a variable", at, key.Value)
			}
			known[key.Value] = func(n *yaml.Node, at string) error {
				var text string
				err := value(y, &text, func(s string) (string, error) { return s, nil })(n, at)
				(*to)[key.Value] = text
				return err
			}
		}
		return y.mapping(n, at, known)
	}
}

// IsReference reports whether a value of env is looked up when the engine is started: env:NAME, file:PATH or
// {{secrets/scope/key}}.
func IsReference(value string) bool {
	_, _, secret := api.SecretReference(value)
	return secret || strings.HasPrefix(value, "env:") || strings.HasPrefix(value, "file:")
}

func parseAttempts(s string) (int, error) {
	n, err := parseCount(s)
	if err != nil || n < 0 {
		return 0, errors.New("must be a number above zero, got " + s)
	}
	return n, nil
}
