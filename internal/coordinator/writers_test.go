package coordinator_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/client"
	"github.com/inference-iac/terraform-provider-inference/internal/coordinator"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

func TestAConflictIsWaitedOut(t *testing.T) {
	inBubble(t, realTime(), func(t *testing.T, r *rig) {
		r.server.Fault(mockserver.Fault{Route: "put_config", Times: 2, Status: 409, Code: api.CodeConflict, Message: "currently updating"})
		mustRoll(t, r.Coordinator, add("a"))
		if got := r.count("put_config"); got != 3 {
			t.Errorf("%d tries", got)
		}
	})
}

func TestAGoneEndpointFailsAll(t *testing.T) {
	inBubble(t, mockserver.Options{}, func(t *testing.T, r *rig) {
		if err := r.client.DeleteEndpoint(t.Context(), endpoint); err != nil {
			t.Fatal(err)
		}
		for _, err := range rollAll(t.Context(), r.Coordinator, add("a"), add("b")) {
			if !errors.Is(err, client.ErrNotFound) {
				t.Errorf("got %v", err)
			}
		}
	})
}

// A name that was deleted and created anew inherits no claims.
func TestANewEndpointOfAnOldNameStartsAnew(t *testing.T) {
	inBubble(t, mockserver.Options{}, func(t *testing.T, r *rig) {
		mustRoll(t, r.Coordinator, add("a"), add("b"))
		mustRoll(t, r.Coordinator, claim("a", 90), claim("b", 10))
		if err := r.client.DeleteEndpoint(t.Context(), endpoint); err != nil {
			t.Fatal(err)
		}
		if _, err := r.client.CreateEndpoint(t.Context(), api.CreateEndpoint{Name: endpoint}); err != nil {
			t.Fatal(err)
		}
		r.Forget(endpoint)
		mustRoll(t, r.Coordinator, add("a"), add("b"))
		if got := r.split(t); got != "a=50 b=50" {
			t.Errorf("the split is %s", got)
		}
	})
}

func TestAnotherWritersUpdateIsNeverReplacedSilently(t *testing.T) {
	inBubble(t, mockserver.Options{}, func(t *testing.T, r *rig) {
		r.server.Fault(mockserver.Fault{Route: "put_config", Times: 1, Do: func(mockserver.Recorded) {
			// Between our read and our write, another process gets through.
			if _, err := r.client.PutConfig(context.Background(), endpoint, api.ConfigInput{
				ServedEntities: []api.ServedEntityInput{spec("theirs", "1")},
			}); err != nil {
				t.Error(err)
			}
		}})
		got, err := r.Roll(t.Context(), endpoint, add("ours"), nil)
		if err != nil || len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "another writer") {
			t.Errorf("got %q, %v", got.Warnings, err)
		}
	})
}

func TestAnEditThatAnotherWriterReplacedIsAppliedAgain(t *testing.T) {
	inBubble(t, realTime(), func(t *testing.T, r *rig) {
		replaced := false
		got, err := r.Roll(t.Context(), endpoint, add("ours"), func(coordinator.Result) {
			if replaced {
				return
			}
			replaced = true
			go func() { // a writer that does not read first, right after our rollout
				for {
					_, err := r.client.PutConfig(context.Background(), endpoint, api.ConfigInput{
						ServedEntities: []api.ServedEntityInput{spec("theirs", "1")},
					})
					if !errors.Is(err, client.ErrConflict) {
						return
					}
					time.Sleep(time.Second)
				}
			}()
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := got.Endpoint.Entity("ours"); !ok {
			t.Error("ours is lost")
		}
		if _, ok := got.Endpoint.Entity("theirs"); !ok {
			t.Error("theirs is lost")
		}
	})
}

// Two processes on one endpoint, each adding and removing its own: nothing of either is lost.
func TestTwoWritersLoseNothing(t *testing.T) {
	inBubble(t, realTime(), func(t *testing.T, r *rig) {
		done := make(chan error, 2)
		for _, who := range []string{"x", "y"} {
			go func() {
				c, own := r.another(), rand.New(rand.NewPCG(1, uint64(who[0])))
				for round := range 25 {
					mine := fmt.Sprintf("%s%d", who, own.IntN(3))
					m := add(mine)
					if round%2 == 1 {
						m = remove(mine)
					}
					if _, err := c.Roll(context.Background(), endpoint, m, nil); err != nil {
						done <- fmt.Errorf("%s, round %d: %w", who, round, err)
						return
					}
				}
				_, err := c.Roll(context.Background(), endpoint, add(who+"-last"), nil)
				done <- err
			}()
		}
		if err := errors.Join(<-done, <-done); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"x-last", "y-last"} {
			if _, ok := r.get(t).Entity(want); !ok {
				t.Errorf("%s is lost", want)
			}
		}
	})
}

// A server may show a value in words of its own. What was taken under its version is ours all the same, and is
// not sent again.
func TestAnAnswerInOtherWordsIsNotAnotherWriter(t *testing.T) {
	inBubble(t, mockserver.Options{}, func(t *testing.T, r *rig) {
		c := coordinator.New(renaming{r.client}, coordinator.Options{})
		if _, err := c.Roll(t.Context(), endpoint, add("a"), nil); err != nil {
			t.Fatal(err)
		}
		if got := r.accepted(); got != 1 {
			t.Errorf("%d config updates, want 1", got)
		}
	})
}

// renaming is an API that shows workload sizes in capitals.
type renaming struct{ *client.Client }

func (n renaming) GetEndpoint(ctx context.Context, name string) (api.Endpoint, error) {
	e, err := n.Client.GetEndpoint(ctx, name)
	return shout(e), err
}

func (n renaming) PutConfig(ctx context.Context, name string, c api.ConfigInput) (api.Endpoint, error) {
	e, err := n.Client.PutConfig(ctx, name, c)
	return shout(e), err
}

func shout(e api.Endpoint) api.Endpoint {
	if e.Config != nil {
		for i := range e.Config.ServedEntities {
			e.Config.ServedEntities[i].WorkloadSize = strings.ToUpper(e.Config.ServedEntities[i].WorkloadSize)
		}
	}
	return e
}
