package mockserver

import (
	"math/rand/v2"
	"sync"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// dice chooses served entities by their share of traffic.
type dice struct {
	mu  sync.Mutex
	rng *rand.Rand
}

func newDice(seed uint64) *dice {
	return &dice{rng: rand.New(rand.NewPCG(seed, 0x5e71_1e5e_ed00_0001))}
}

// seed is for a generation whose request has none.
func (d *dice) seed() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rng.Uint64()
}

// choose picks an entity's name; the routes sum to 100.
func (d *dice) choose(routes []api.Route) string {
	d.mu.Lock()
	n := d.rng.IntN(100)
	d.mu.Unlock()
	for _, r := range routes {
		if n -= int(r.TrafficPercentage); n < 0 {
			return r.ServedEntityName
		}
	}
	return ""
}
