package coordinator_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/client"
	"github.com/inference-iac/terraform-provider-inference/internal/coordinator"
	"github.com/inference-iac/terraform-provider-inference/internal/endpointconfig"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

func TestAWaveIsOneUpdate(t *testing.T) {
	inBubble(t, realTime(), func(t *testing.T, r *rig) {
		mustRoll(t, r.Coordinator, numbered(10, func(i int) coordinator.Mutation { return add(name(i)) })...)
		mustRoll(t, r.Coordinator, numbered(10, func(i int) coordinator.Mutation { return claim(name(i), i*2+1) })...)
		if got := r.accepted(); got != 2 {
			t.Errorf("%d config updates, want one for the entities and one for the routes", got)
		}
		if got, want := r.split(t), "e00=1 e01=3 e02=5 e03=7 e04=9 e05=11 e06=13 e07=15 e08=17 e09=19"; got != want {
			t.Errorf("the split is %s", got)
		}
	})
}

func TestOneByOneEndsTheSame(t *testing.T) {
	inBubble(t, realTime(), func(t *testing.T, r *rig) {
		for i := range 4 {
			mustRoll(t, r.Coordinator, add(name(i)))
		}
		for i, percent := range []int{10, 20, 30, 40} {
			mustRoll(t, r.Coordinator, claim(name(i), percent))
		}
		if got, want := r.split(t), "e00=10 e01=20 e02=30 e03=40"; got != want {
			t.Errorf("the split is %s", got)
		}
	})
}

func TestArrivalsDuringARolloutShareTheNext(t *testing.T) {
	inBubble(t, realTime(), func(t *testing.T, r *rig) {
		first := make(chan error, 1)
		go func() { first <- rollAll(t.Context(), r.Coordinator, add("first"))[0] }()
		time.Sleep(time.Minute) // virtual: the first update is rolling out
		mustRoll(t, r.Coordinator, numbered(9, func(i int) coordinator.Mutation { return add(name(i)) })...)
		if err := <-first; err != nil {
			t.Fatal(err)
		}
		if got, tries := r.accepted(), r.count("put_config"); got != 2 || tries != 2 {
			t.Errorf("%d config updates in %d tries, want 2 in 2", got, tries)
		}
	})
}

func TestAFailingEditIsAnsweredAlone(t *testing.T) {
	inBubble(t, mockserver.Options{}, func(t *testing.T, r *rig) {
		errs := rollAll(t.Context(), r.Coordinator, add("a"), claim("nobody", 10), add("b"))
		if errs[0] != nil || errs[2] != nil || !errors.Is(errs[1], endpointconfig.ErrNoEntity) {
			t.Errorf("got %v", errs)
		}
		if got := r.split(t); got != "a=50 b=50" {
			t.Errorf("the split is %s", got)
		}
	})
}

func TestARefusedDocumentIsSplitUp(t *testing.T) {
	for culprits := 1; culprits <= 3; culprits++ {
		t.Run(fmt.Sprint(culprits), func(t *testing.T) {
			inBubble(t, realTime(), func(t *testing.T, r *rig) {
				ms := numbered(6, func(i int) coordinator.Mutation {
					if i < culprits {
						return invalid(name(i))
					}
					return add(name(i))
				})
				for i, err := range rollAll(t.Context(), r.Coordinator, ms...) {
					if bad := i < culprits; bad != errors.Is(err, client.ErrInvalid) || bad != (err != nil) {
						t.Errorf("%s: got %v", name(i), err)
					}
				}
				if got := len(r.get(t).Config.ServedEntities); got != 6-culprits {
					t.Errorf("%d entities are served", got)
				}
				if got := r.accepted(); culprits == 1 && got != 1 {
					t.Errorf("%d rollouts for one culprit, want 1", got)
				}
			})
		})
	}
}

// A route that fails because the entity that it needs was the culprit fails for its own reason.
func TestWhatHangsOnTheCulpritFailsWithIt(t *testing.T) {
	inBubble(t, mockserver.Options{}, func(t *testing.T, r *rig) {
		errs := rollAll(t.Context(), r.Coordinator, add("a"), invalid("bad"), claim("bad", 10))
		if errs[0] != nil || errs[1] == nil || errs[2] == nil {
			t.Errorf("got %v", errs)
		}
	})
}

func TestWhatIsSoAlreadyIsNotSent(t *testing.T) {
	inBubble(t, realTime(), func(t *testing.T, r *rig) {
		if _, err := r.Apply(t.Context(), endpoint, add("a")); err != nil {
			t.Fatal(err)
		}
		var again coordinator.Result
		took := elapsed(func() {
			var err error
			if again, err = r.Apply(t.Context(), endpoint, claim("a", 100)); err != nil {
				t.Fatal(err)
			}
		})
		if again.Sent || again.Version != 1 || took > time.Second {
			t.Errorf("sent %v, version %d, after %v", again.Sent, again.Version, took)
		}
		if got := r.count("put_config"); got != 1 {
			t.Errorf("%d config updates", got)
		}
	})
}

func TestACallerThatLeavesInTimeIsNotSent(t *testing.T) {
	inBubble(t, realTime(), func(t *testing.T, r *rig) {
		if _, err := r.Apply(t.Context(), endpoint, add("a")); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() { _, err := r.Apply(ctx, endpoint, add("b")); left <- err }()
		time.Sleep(time.Minute) // virtual: b waits for the rollout of a
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		mustRoll(t, r.Coordinator, add("c"))
		if got := r.split(t); got != "a=100 c=0" {
			t.Errorf("the split is %s", got)
		}
	})
}

func TestACallerThatLeavesTooLateHearsTheOutcome(t *testing.T) {
	inBubble(t, mockserver.Options{}, func(t *testing.T, r *rig) {
		ctx, cancel := context.WithCancel(t.Context())
		r.server.Fault(mockserver.Fault{Route: "put_config", Times: 1, Do: func(mockserver.Recorded) { cancel() }, Delay: time.Second})
		got, err := r.Apply(ctx, endpoint, add("a"))
		if err != nil || !got.Sent {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestALostAnswerIsNotASecondRollout(t *testing.T) {
	inBubble(t, mockserver.Options{}, func(t *testing.T, r *rig) {
		r.server.Fault(mockserver.Fault{Route: "put_config", Times: 1, After: true, HangUp: true})
		got, err := r.Roll(t.Context(), endpoint, add("a"), nil)
		if err != nil || got.Sent || got.Version != 1 || len(got.Warnings) > 0 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

// What answers never show is sent again after a lost answer, and the extra version is our own.
func TestASecretWhoseAnswerWasLostIsSentAgain(t *testing.T) {
	inBubble(t, mockserver.Options{}, func(t *testing.T, r *rig) {
		r.server.Fault(mockserver.Fault{Route: "put_config", Times: 1, After: true, HangUp: true})
		got, err := r.Roll(t.Context(), endpoint, func(d *endpointconfig.Draft) error {
			return d.AddEntity(api.ServedEntityInput{Name: "x", ExternalModel: &api.ExternalModel{
				Name: "gpt-4", Provider: "openai", Task: api.TaskChat, OpenAI: &api.OpenAIConfig{APIKeyPlaintext: "k"},
			}})
		}, nil)
		if err != nil || !got.Sent || got.Version != 2 || len(got.Warnings) > 0 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

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

func TestAFailedRolloutTellsWhyAndTheNextConverges(t *testing.T) {
	inBubble(t, realTime(), func(t *testing.T, r *rig) {
		mustRoll(t, r.Coordinator, add("old"))
		r.server.FailDeployment(mockserver.DeploymentFailure{Entity: "bad", Message: "the image has no weights", Times: 1})
		var id int64
		_, err := r.Roll(t.Context(), endpoint, add("bad"), func(got coordinator.Result) { id = got.Version })
		var failed *coordinator.RolloutError
		if !errors.As(err, &failed) || failed.Wanted != id || failed.Active() != 1 {
			t.Fatalf("got %v", err)
		}
		if e, ok := failed.Endpoint.Entity("bad"); !ok || !strings.Contains(e.State.DeploymentStateMessage, "no weights") {
			t.Errorf("the entity's message is missing: %+v", e.State)
		}
		if got := r.split(t); got != "old=100" {
			t.Errorf("what served before does not: %s", got)
		}
		mustRoll(t, r.Coordinator, add("bad"))
	})
}

func TestReadsAreShared(t *testing.T) {
	inBubble(t, mockserver.Options{}, func(t *testing.T, r *rig) {
		mustRoll(t, r.Coordinator, add("a"))
		r.server.ResetRequests()
		c := r.another()
		for range 3 { // endpoint, then entities, then routes, ten at a time
			done := make(chan error)
			for range 10 {
				go func() { _, err := c.Snapshot(t.Context(), endpoint); done <- err }()
			}
			for range 10 {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
		}
		if got := r.count("get_endpoint"); got != 1 {
			t.Errorf("%d reads, want 1", got)
		}
		c.Forget(endpoint)
		if _, err := c.Snapshot(t.Context(), endpoint); err != nil || r.count("get_endpoint") != 2 {
			t.Errorf("a forgotten endpoint is not read anew: %v", err)
		}
	})
}

func TestWaitersShareOnePollLoop(t *testing.T) {
	reads := func(waiters int) (n int) {
		inBubble(t, realTime(), func(t *testing.T, r *rig) {
			mustRoll(t, r.Coordinator, numbered(waiters, func(i int) coordinator.Mutation { return add(name(i)) })...)
			n = r.count("get_endpoint")
		})
		return n
	}
	if one, ten := reads(1), reads(10); ten > one {
		t.Errorf("%d reads for ten waiters, %d for one", ten, one)
	}
}

func TestAWaitThatEndsTellsWhatWasSeen(t *testing.T) {
	inBubble(t, realTime(), func(t *testing.T, r *rig) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := r.Roll(ctx, endpoint, add("a"), nil)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "NOT_READY and IN_PROGRESS") {
			t.Errorf("got %v", err)
		}
		synctest.Wait() // a poll loop that outlives its last waiter would be found when the bubble ends
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

// Whatever the order in which routes move from one split to another, no update on the way is refused.
func TestNoOrderOfClaimsIsInvalid(t *testing.T) {
	for seed := range uint64(8) {
		inBubble(t, mockserver.Options{}, func(t *testing.T, r *rig) {
			own := rand.New(rand.NewPCG(seed, 0))
			mustRoll(t, r.Coordinator, add("a"), add("b"), add("c"), add("d"))
			for _, target := range [][]int{{90, 10, 0, 0}, {25, 25, 25, 25}, {0, 0, 1, 99}, {50, 30, 15, 5}} {
				for _, i := range own.Perm(4) {
					mustRoll(t, r.Coordinator, claim(string(rune('a'+i)), target[i]))
				}
				want := fmt.Sprintf("a=%d b=%d c=%d d=%d", target[0], target[1], target[2], target[3])
				if got := r.split(t); got != want {
					t.Fatalf("seed %d: the split is %s, want %s", seed, got, want)
				}
			}
			if tries := r.count("put_config"); tries != r.accepted() {
				t.Errorf("seed %d: %d of %d updates were refused", seed, tries-r.accepted(), tries)
			}
		})
	}
}

// A caller whose write was refused for now and who leaves meanwhile is let go.
func TestACallerCanLeaveBetweenTries(t *testing.T) {
	inBubble(t, realTime(), func(t *testing.T, r *rig) {
		r.server.Fault(mockserver.Fault{Route: "put_config", Status: 409, Code: api.CodeConflict, Message: "currently updating"})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := r.Apply(ctx, endpoint, add("a")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// A read that was under way when a write was answered does not hide what the write did.
func TestAnOldReadDoesNotHideAWrite(t *testing.T) {
	inBubble(t, mockserver.Options{}, func(t *testing.T, r *rig) {
		r.server.Fault(mockserver.Fault{Route: "get_endpoint", Times: 1, After: true, Delay: 10 * time.Second})
		old := make(chan error)
		go func() { _, err := r.Snapshot(t.Context(), endpoint); old <- err }()
		synctest.Wait() // the read has seen the empty endpoint, and its answer travels
		mustRoll(t, r.Coordinator, add("a"))
		if err := <-old; err != nil {
			t.Fatal(err)
		}
		e, err := r.Snapshot(t.Context(), endpoint)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := e.Entity("a"); !ok {
			t.Error("the write is hidden")
		}
	})
}
