package mockserver

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// genRecord makes an endpoint with a rollout of up to four entities.
func genRecord(t *rapid.T) *record {
	r := &record{Name: "e", Version: 2}
	if rapid.Bool().Draw(t, "active") {
		r.Active = &revision{Version: 1, Entities: []served{{Spec: api.ServedEntityInput{Name: "old"}}}}
	}
	r.Pending = &revision{Version: 2, Started: goldenTime}
	names := []string{"a", "b", "c", "d"}
	for _, name := range names[:rapid.IntRange(0, 4).Draw(t, "entities")] {
		e := served{Spec: api.ServedEntityInput{Name: name}}
		for range rapid.IntRange(0, 3).Draw(t, "stages") {
			e.Plan = append(e.Plan, stage{StageLoad, time.Duration(rapid.IntRange(0, 100).Draw(t, "minutes")) * time.Minute})
		}
		if len(e.Plan) > 0 && rapid.IntRange(0, 3).Draw(t, "fails") == 0 {
			e.Failure = &stageFailure{At: rapid.IntRange(0, len(e.Plan)-1).Draw(t, "at"), Message: "broken"}
		}
		e.Waits = len(e.Plan) > 0 && rapid.IntRange(0, 3).Draw(t, "waits") == 0
		r.Pending.Entities = append(r.Pending.Entities, e)
	}
	return r
}

func genProgression(t *rapid.T) Progression {
	return rapid.SampledFrom([]Progression{Immediate(), Reads(0), Reads(3), Scaled(1), Scaled(600), Manual()}).Draw(t, "progression")
}

// later lets time, reads and steps go on, and engines come up.
func later(t *rapid.T, r *record, now time.Time) (*record, time.Time) {
	if r.updating() {
		next, pending := *r, *r.Pending
		pending.Reads += rapid.IntRange(0, 2).Draw(t, "reads")
		pending.Steps += rapid.IntRange(0, 2).Draw(t, "steps")
		news := map[string]report{}
		for _, e := range pending.Entities {
			news[e.Spec.Name] = report{ready: rapid.Bool().Draw(t, "ready")}
		}
		next.Pending = pending.heard(news)
		r = &next
	}
	return r, now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "minutes later")) * time.Minute)
}

// rank orders what can become of an entity: nothing ever goes back.
func rank(s api.EntityState) int {
	return map[api.Deployment]int{api.DeploymentCreating: 0, api.DeploymentReady: 1, api.DeploymentFailed: 2, api.DeploymentAborted: 2}[s.Deployment]
}

func TestAdvanceIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, r, now := genProgression(t), genRecord(t), goldenTime
		fixed := *r
		for range rapid.IntRange(1, 8).Draw(t, "looks") {
			before, beforeNow := r, now
			r, now = later(t, r, now)
			unseen := r
			r = advance(r, p, now)
			if again := advance(r, p, now); again != r {
				t.Fatalf("a second look changes the record")
			}
			if before.updating() && !r.updating() && before.Pending != nil && advance(unseen, p, now).updating() {
				t.Fatalf("an unseen rollout differs from a seen one")
			}
			if !before.updating() && r != before {
				t.Fatalf("a settled record moved on")
			}
			if before.updating() && r.updating() {
				was, is := pendingStates(before.Pending, p, beforeNow), pendingStates(r.Pending, p, now)
				for i := range was {
					if rank(is[i]) < rank(was[i]) {
						t.Fatalf("entity %d went back from %v to %v", i, was[i], is[i])
					}
				}
			}
			checkSettled(t, &fixed, r)
		}
	})
}

func checkSettled(t *rapid.T, start, r *record) {
	fails := false
	for _, e := range start.Pending.Entities {
		fails = fails || e.Failure != nil
	}
	switch {
	case r.updating():
	case r.Pending == nil && r.Active.waits():
		t.Fatalf("a rollout is over whose engine does not serve")
	case r.Pending == nil && (fails || r.Active.Version != 2):
		t.Fatalf("a rollout that fails became version %d", r.Active.Version)
	case r.Pending != nil && (!fails || r.Active != start.Active):
		t.Fatalf("a rollout that cannot fail has failed, or took the old config with it")
	case r.Pending != nil:
		n := map[api.Deployment]int{}
		for _, s := range r.Pending.Failed {
			n[s.Deployment]++
		}
		if n[api.DeploymentFailed] != 1 || n[api.DeploymentCreating] != 0 {
			t.Fatalf("failed rollout with %v", n)
		}
	}
}

// TestSeenOrUnseen: looking at a rollout, as often as you like, does not change what becomes of it.
func TestSeenOrUnseen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, r := genProgression(t), genRecord(t)
		if p.mode == byReads {
			t.Skip("reads are what moves it on")
		}
		seen, unseen, now := r, r, goldenTime
		for range 5 {
			now = now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "minutes")) * time.Minute)
			seen = advance(seen, p, now)
		}
		unseen = advance(unseen, p, now)
		a, errA := json.Marshal(seen)
		b, errB := json.Marshal(unseen)
		if err := errors.Join(errA, errB); err != nil || string(a) != string(b) {
			t.Fatalf("%v\n  seen %s\nunseen %s", err, a, b)
		}
	})
}

// An engine that gives up fails its entity, and takes along those that still wait for theirs.
func TestEngineThatGivesUp(t *testing.T) {
	r := &record{Name: "e", Active: &revision{Version: 1}, Pending: &revision{Version: 2, Started: goldenTime}}
	for _, name := range []string{"done", "gives up", "loads"} {
		r.Pending.Entities = append(r.Pending.Entities, served{Spec: api.ServedEntityInput{Name: name}, Plan: []stage{{StageLoad, time.Minute}}, Waits: name != "done"})
	}
	r.Pending.Entities[0].Plan = nil // it was there before
	r.Pending = r.Pending.heard(map[string]report{"gives up": {failed: true, message: "out of memory."}})
	if r = advance(r, Scaled(1), goldenTime.Add(time.Second)); !r.updating() {
		t.Fatal("it fails before its stage is over")
	}
	r = advance(r, Scaled(1), goldenTime.Add(time.Minute))
	want := []api.EntityState{
		{Deployment: api.DeploymentReady},
		{Deployment: api.DeploymentFailed, DeploymentStateMessage: "The engine of served entity gives up does not serve the model: out of memory."},
		{Deployment: api.DeploymentAborted, DeploymentStateMessage: "The update was aborted because served entity gives up failed."},
	}
	if r.updating() || !slices.Equal(r.Pending.Failed, want) || r.Active.Version != 1 {
		t.Errorf("%+v", r.Pending.Failed)
	}
}

func TestStagesEndInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, r := genProgression(t), genRecord(t)
		for _, e := range r.Pending.Entities {
			last := math.Inf(-1)
			for i := range e.Plan {
				if end := p.end(e.Plan, i); end < last {
					t.Fatalf("stage %d ends at %g, before the one before it (%g)", i, end, last)
				} else {
					last = end
				}
			}
		}
	})
}
