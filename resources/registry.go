package resources

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// planRegistry remembers, within one provider configuration, what the resources of a plan want of the same
// endpoint. No single resource sees the others, so this is where contradictions between them show before
// anything is written. Planning a resource twice overwrites what it said first.
type planRegistry struct {
	mu        sync.Mutex
	endpoints map[string]*plannedEndpoint
}

type plannedEndpoint struct {
	inline   bool
	composed string         // the first resource that edits the endpoint from outside
	claims   map[string]int // entity → percent
}

func newPlanRegistry() *planRegistry { return &planRegistry{endpoints: map[string]*plannedEndpoint{}} }

// claim notes a route and returns an error where the routes of the endpoint ask for more than there is.
func (r *planRegistry) claim(endpoint, entity string, percent int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.at(endpoint)
	p.claims[entity] = percent
	sum := 0
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(p.claims)) {
		sum += p.claims[name]
		parts = append(parts, fmt.Sprintf("%s=%d", name, p.claims[name]))
	}
	if sum > 100 {
		return fmt.Errorf("the routes of serving endpoint %q ask for %d %% together: %s; lower them to at most 100", endpoint, sum, strings.Join(parts, " "))
	}
	return nil
}

// inline notes that an endpoint lists its entities or traffic itself.
func (r *planRegistry) inlined(endpoint string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.at(endpoint)
	p.inline = true
	return p.mixed(endpoint)
}

// composes notes a resource that edits an endpoint from outside.
func (r *planRegistry) composes(endpoint, object string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.at(endpoint)
	if p.composed == "" {
		p.composed = object
	}
	return p.mixed(endpoint)
}

func (r *planRegistry) at(endpoint string) *plannedEndpoint {
	p := r.endpoints[endpoint]
	if p == nil {
		p = &plannedEndpoint{claims: map[string]int{}}
		r.endpoints[endpoint] = p
	}
	return p
}

func (p *plannedEndpoint) mixed(endpoint string) error {
	if !p.inline || p.composed == "" {
		return nil
	}
	return fmt.Errorf("serving endpoint %q lists served_entities or traffic itself, and %s edits it as well; each would undo the other: "+
		"either remove those attributes from the endpoint, or move the entity or route into them", endpoint, p.composed)
}
