package coordinator_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
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
