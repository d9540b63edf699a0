package coordinator_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

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
