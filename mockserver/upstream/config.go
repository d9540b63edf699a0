package upstream

import (
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
)

// Config is what an engines file says: which engine answers for which models, and what external models may reach.
type Config struct {
	Engines  []EngineEntry
	External ExternalRules
	Entities []EntityRule
}

// ExternalRules bound the calls to external models.
type ExternalRules struct {
	Allow     []netip.Prefix    // reachable besides public addresses
	BaseURLs  map[string]string // by provider, instead of everybody else's
	TokenURLs map[string]string // by provider, where access tokens are bought
	Timeouts  Timeouts
	Breaker   BreakerConfig
}

// ReadConfig reads an engines file.
func ReadConfig(file string) (Config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return Config{}, err
	}
	return ParseConfig(file, data)
}

// ParseConfig reads the text of an engines file; its name stands in errors.
func ParseConfig(file string, data []byte) (Config, error) {
	y := yamlReader{file}
	root, err := y.document(data)
	if err != nil {
		return Config{}, err
	}
	var c Config
	taken := map[string]string{}
	err = y.mapping(root, "", fields{
		"engines": func(n *yaml.Node, at string) error {
			return y.each(n, at, func(n *yaml.Node, at string) error {
				e, err := readEngine(y, n, at)
				if err != nil {
					return err
				}
				c.Engines = append(c.Engines, e)
				return y.unique(n, at, e, taken)
			})
		},
		"external": func(n *yaml.Node, at string) error { return readExternal(y, n, at, &c.External) },
		"entities": func(n *yaml.Node, at string) error {
			return y.each(n, at, func(n *yaml.Node, at string) error {
				r, err := readEntityRule(y, n, at)
				c.Entities = append(c.Entities, r)
				return err
			})
		},
	})
	return c, err
}

func readExternal(y yamlReader, n *yaml.Node, at string, r *ExternalRules) error {
	return y.mapping(n, at, fields{
		"allow":      list(y, &r.Allow, parsePrefix),
		"base_urls":  readByProvider(y, &r.BaseURLs),
		"token_urls": readByProvider(y, &r.TokenURLs),
		"timeouts":   readTimeouts(y, &r.Timeouts),
		"breaker":    readBreaker(y, &r.Breaker),
	})
}

func readByProvider(y yamlReader, to *map[string]string) func(*yaml.Node, string) error {
	return func(n *yaml.Node, at string) error {
		known := fields{}
		*to = map[string]string{}
		for _, b := range (&api.ExternalModel{}).Blocks() {
			known[b.Provider] = func(n *yaml.Node, at string) error {
				var url string
				err := value(y, &url, parseEngineURL)(n, at)
				(*to)[b.Provider] = url
				return err
			}
		}
		return y.mapping(n, at, known)
	}
}

func readTimeouts(y yamlReader, t *Timeouts) func(*yaml.Node, string) error {
	return func(n *yaml.Node, at string) error {
		return y.mapping(n, at, fields{
			"connect": value(y, &t.Connect, parseDuration),
			"request": value(y, &t.Request, parseDuration),
			"idle":    value(y, &t.Idle, parseDuration),
		})
	}
}

func readBreaker(y yamlReader, b *BreakerConfig) func(*yaml.Node, string) error {
	return func(n *yaml.Node, at string) error {
		return y.mapping(n, at, fields{
			"failures": value(y, &b.Failures, parseCount),
			"cooldown": value(y, &b.Cooldown, parseDuration),
		})
	}
}

func parseKind(s string) (string, error) {
	kinds := append(slices.Sorted(maps.Keys(engineKinds())), torchServeKind)
	if !slices.Contains(kinds, s) {
		return "", fmt.Errorf("must be one of %s, got %q", strings.Join(kinds, ", "), s)
	}
	return s, nil
}

// parseBaseURL takes gRPC too, which TorchServe speaks.
func parseBaseURL(s string) (string, error) { return parseSchemes(s, grpcScheme, grpcsScheme) }

// parseEngineURL takes http and https.
func parseEngineURL(s string) (string, error) { return parseSchemes(s) }

// parseSchemes checks a URL as far as it can be without a name server.
func parseSchemes(s string, others ...string) (string, error) {
	if _, err := egress.Local().ParseURL(s, others...); err != nil {
		return "", fmt.Errorf("is wrong: %w", err)
	}
	return s, nil
}

func parsePrefix(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Errorf("must be a range of addresses, as 10.0.0.0/8, got %q", s)
	}
	return p.Masked(), nil
}

// parseKeyReference takes references alone, and never repeats what else stands there: it may be a key.
func parseKeyReference(s string) (string, error) {
	_, _, secret := api.SecretReference(s)
	for _, prefix := range []string{"env:", "file:"} {
		if rest, ok := strings.CutPrefix(s, prefix); ok && rest != "" {
			return s, nil
		}
	}
	if !secret {
		return "", fmt.Errorf("must be env:NAME, file:PATH or {{secrets/scope/key}}, never the key itself")
	}
	return s, nil
}

// LookupKey resolves env:NAME and file:PATH, at the call that needs the key.
func LookupKey(reference string) (string, error) {
	if name, ok := strings.CutPrefix(reference, "env:"); ok {
		v, set := os.LookupEnv(name)
		if !set {
			return "", fmt.Errorf("the environment has no %s", name)
		}
		return v, nil
	}
	file, ok := strings.CutPrefix(reference, "file:")
	if !ok {
		return "", fmt.Errorf("%w: not a reference", ErrKey)
	}
	b, err := os.ReadFile(file)
	return string(b), err
}
