package upstream

import (
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
)

// torchServeKind is the kind of engine that speaks LLM-API instead of the OpenAI protocol.
const torchServeKind = "torchserve"

// Set is what a Config opens: engines by what they answer for, and the rules for external models.
type Set struct {
	places   []*Place
	external ExternalRules
	rules    []EntityRule
	clock    func() time.Time
}

// Place is an engine of the file.
type Place struct {
	EngineEntry
	Backend Backend // nil: it has to be launched
}

// Open makes the backends of a configuration; it calls nobody.
func (c Config) Open(clock func() time.Time) (*Set, error) {
	s := &Set{external: c.External, rules: c.Entities, clock: clock}
	for _, e := range c.Engines {
		p := &Place{EngineEntry: e}
		if e.Launch.Command.IsZero() {
			b, err := e.open(clock)
			if err != nil {
				s.Close()
				return nil, fmt.Errorf("engine %s: %w", e.Name, err)
			}
			p.Backend = b
		}
		s.places = append(s.places, p)
	}
	return s, nil
}

// open makes one engine. The operator's file names its address, so that this machine and private networks are open
// to it; the ranges that nobody opens stay closed.
func (e EngineEntry) open(clock func() time.Time) (Backend, error) {
	o := Options{Policy: egress.Local(), Timeouts: e.Timeouts, Breaker: e.Breaker, Clock: clock}
	if e.CAFile != "" {
		pem, err := os.ReadFile(e.CAFile)
		if err != nil {
			return nil, err
		}
		o.RootCAs = x509.NewCertPool()
		if !o.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", e.CAFile)
		}
	}
	if e.Kind == torchServeKind {
		return NewTorchServe(TorchServeConfig{
			Name: e.Name, BaseURL: e.BaseURL, ManagementURL: e.ManagementURL, Model: e.Model, EndOfStream: e.EndOfStream, Key: e.Key,
		}, o)
	}
	return NewEngine(EngineConfig{Name: e.Name, Kind: e.Kind, BaseURL: e.BaseURL, Model: e.Model, Key: e.Key}, o)
}

// Find returns the engine that answers for a registered model: one that names its version, one that names the model,
// or one that takes its workload type, in this order.
func (s *Set) Find(model, version, workloadType string) (*Place, bool) {
	for _, match := range []func(*Place) bool{
		func(p *Place) bool { return slices.Contains(p.Models, model+"/"+version) },
		func(p *Place) bool { return slices.Contains(p.Models, model) },
		func(p *Place) bool { return slices.Contains(p.WorkloadTypes, workloadType) },
	} {
		if i := slices.IndexFunc(s.places, match); i >= 0 {
			return s.places[i], true
		}
	}
	return nil, false
}

// Empty reports whether the set has no engines.
func (s *Set) Empty() bool { return len(s.places) == 0 }

// Launched makes the backend of an engine that was launched on a port of this machine.
func (s *Set) Launched(p *Place, port int, model string) (Backend, error) {
	e := p.EngineEntry
	e.BaseURL, e.Model = fmt.Sprintf("http://127.0.0.1:%d", port), model
	return e.open(s.clock)
}

// External makes the backend of an external model under the configuration's rules.
func (s *Set) External(name string, m *api.ExternalModel) (*External, error) {
	return NewExternal(ExternalConfig{
		Name: name, Model: m, BaseURL: s.external.BaseURLs[m.Provider], TokenURL: s.external.TokenURLs[m.Provider],
	}, Options{
		Policy:   egress.Policy{Allow: s.external.Allow},
		Timeouts: s.external.Timeouts, Breaker: s.external.Breaker, Clock: s.clock,
	})
}

// Close gives idle connections back.
func (s *Set) Close() {
	for _, p := range s.places {
		if p.Backend != nil {
			p.Backend.Close()
		}
	}
}
