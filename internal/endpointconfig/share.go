package endpointconfig

import (
	"cmp"
	"slices"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// Shares is the split of a config: entity → percent. Entities without a route have 0; a nil config has none.
func Shares(c *api.ConfigOutput) map[string]int {
	shares := map[string]int{}
	if c == nil {
		return shares
	}
	for _, e := range c.ServedEntities {
		shares[e.Name] = 0
	}
	if c.TrafficConfig != nil {
		for _, r := range c.TrafficConfig.Routes {
			shares[r.Entity()] = int(r.TrafficPercentage)
		}
	}
	return shares
}

// sameShares compares two splits; an entity that is missing has 0.
func sameShares(a, b map[string]int) bool {
	for name, percent := range a {
		if b[name] != percent {
			return false
		}
	}
	for name, percent := range b {
		if a[name] != percent {
			return false
		}
	}
	return true
}

// apportion splits total over names, to whole numbers, by largest remainders; equal remainders go by the order of
// names. The first of weights that gives any of names a weight decides; if none does, all count the same.
func apportion(total int, names []string, weights ...map[string]int) map[string]int {
	weight, sum := func(string) int { return 1 }, len(names)
	for _, w := range weights {
		if s := sumOf(w, names); s > 0 {
			weight, sum = func(name string) int { return w[name] }, s
			break
		}
	}
	shares := make(map[string]int, len(names))
	left := total
	for _, name := range names {
		shares[name] = total * weight(name) / sum
		left -= shares[name]
	}
	byRemainder := slices.Clone(names)
	slices.SortStableFunc(byRemainder, func(a, b string) int {
		return cmp.Compare(total*weight(b)%sum, total*weight(a)%sum)
	})
	for _, name := range byRemainder[:left] {
		shares[name]++
	}
	return shares
}

func sumOf(weights map[string]int, names []string) (sum int) {
	for _, name := range names {
		sum += weights[name]
	}
	return sum
}
