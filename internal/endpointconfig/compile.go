package endpointconfig

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// Compiled is a valid config with the split that it carries.
type Compiled struct {
	Config api.ConfigInput
	Shares map[string]int // entity → percent; every entity stands here, and they sum to 100
}

// Compile yields the document that the draft means. Entities stand in the order of their names, so that the
// outcome does not depend on who came first. The split is always valid:
//
//   - claims that fit are exact, and the entities without one share the rest in the proportions they had
//     (equally if they had none; a lone one takes all);
//   - claims that over-subscribe, or leave a rest that nobody can absorb, are scaled until the missing claim
//     arrives.
func (d *Draft) Compile() Compiled {
	names := slices.Sorted(maps.Keys(d.entities))
	c := Compiled{
		Config: api.ConfigInput{ServedEntities: []api.ServedEntityInput{}, AutoCaptureConfig: d.capture.Clone()},
		Shares: d.split(names),
	}
	if len(names) == 0 {
		return c
	}
	traffic := &api.TrafficConfig{}
	for _, name := range names {
		c.Config.ServedEntities = append(c.Config.ServedEntities, d.entities[name].Clone())
		traffic.Routes = append(traffic.Routes, api.Route{
			ServedEntityName:  name,
			TrafficPercentage: api.Percent(c.Shares[name]),
		})
	}
	c.Config.TrafficConfig = traffic
	return c
}

func (d *Draft) split(names []string) map[string]int {
	shares := map[string]int{}
	var claimed, rest []string
	sum := 0
	for _, name := range names {
		if percent, ok := d.claims[name]; ok {
			shares[name] = percent
			sum += percent
			claimed = append(claimed, name)
		} else {
			rest = append(rest, name)
		}
	}
	switch {
	case len(names) == 0:
	case sum <= 100 && len(rest) > 0:
		maps.Copy(shares, apportion(100-sum, rest, d.weights, d.shares))
	case sum != 100:
		for _, name := range rest {
			shares[name] = 0
		}
		maps.Copy(shares, apportion(100, claimed, d.claims))
	}
	return shares
}

// Unmet tells of the claims on touched entities that c could not honour exactly, one sentence with the split
// or "".
func (d *Draft) Unmet(touched []string, c Compiled) string {
	var unmet []string
	for _, name := range touched {
		claim, claimed := d.claims[name]
		if _, served := c.Shares[name]; served && claimed && c.Shares[name] != claim {
			unmet = append(unmet, fmt.Sprintf("%q asks for %d %% and has %d %%", name, claim, c.Shares[name]))
		}
	}
	if len(unmet) == 0 {
		return ""
	}
	return fmt.Sprintf("%s; the split is %s", strings.Join(unmet, ", "), FormatShares(c.Shares))
}

// FormatShares writes a split as "a=90 b=10", sorted by name.
func FormatShares(shares map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(shares)) {
		parts = append(parts, fmt.Sprintf("%s=%d", name, shares[name]))
	}
	return strings.Join(parts, " ")
}
