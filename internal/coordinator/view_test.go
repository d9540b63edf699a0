package coordinator_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/coordinator"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

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
