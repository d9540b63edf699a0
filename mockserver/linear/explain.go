package linear

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// Unexplained prints the operations on those endpoints for which Check finds no order, in order of their requests.
func (h History) Unexplained(reads int) string {
	var b strings.Builder
	for _, part := range specification(reads).Partition(h.log) {
		one := History{part}
		if one.Check(reads) == porcupine.Ok {
			continue
		}
		slices.SortFunc(part, func(x, y porcupine.Operation) int { return int(x.Call - y.Call) })
		for _, o := range part {
			fmt.Fprintf(&b, "%v to %v, client %d: %+v → %+v\n", time.Duration(o.Call), time.Duration(o.Return), o.ClientId, o.Input, o.Output)
		}
	}
	return b.String()
}
