package blackbox

import (
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/client"
)

var rounds = flag.Int("together.rounds", 6, "applies of each of two teams on one endpoint")

// Two states, two processes, one endpoint: each team adds and removes its own entities, over and over, and
// nothing of either is lost.
func TestTwoTeamsOnOneEndpoint(t *testing.T) {
	t.Parallel()
	first := newWorld(t, anyModel(), "testdata/team")
	second := first.sibling("testdata/team")
	c, err := client.New(client.Config{Host: first.url, Token: first.token})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateEndpoint(t.Context(), api.CreateEndpoint{Name: "shared"}); err != nil {
		t.Fatal(err)
	}

	var want []string
	var both sync.WaitGroup
	for team, w := range map[string]*world{"red": first, "blue": second} {
		names := func(round int) []string { // two at a time of three, and never the same two in a row
			return []string{fmt.Sprintf("%s-%d", team, round%3), fmt.Sprintf("%s-%d", team, (round+1)%3)}
		}
		want = append(want, names(*rounds-1)...)
		both.Go(func() {
			for round := range *rounds {
				w.applyNames(names(round))
			}
		})
	}
	both.Wait()

	var got []string
	for _, e := range first.endpoint().Config.ServedEntities {
		got = append(got, e.Name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the endpoint serves %v, want %v", got, want)
	}
}

// applyNames applies the team's configuration. It runs beside another world, so a failure only marks the test.
func (w *world) applyNames(names []string) {
	quoted := fmt.Sprintf("-var=names=[%q,%q]", names[0], names[1])
	if r := w.run("apply", "-auto-approve", "-input=false", "-no-color", quoted); r.code != 0 {
		w.t.Errorf("apply %v: %s", names, r)
	}
}

// sibling is another directory, another state, on the same server.
func (w *world) sibling(configuration string) *world {
	w.t.Helper()
	s := &world{t: w.t, dir: w.t.TempDir(), server: w.server, url: w.url, token: w.token}
	s.copy(configuration)
	s.useProvider(built.provider)
	return s
}
