package llmapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// arrival is a request that comes after a while.
type arrival struct {
	after time.Duration
	alone bool
}

func TestBatches(t *testing.T) {
	const second = time.Second
	for _, c := range []struct {
		name     string
		size     int
		workers  int
		arrivals []arrival
		want     []time.Duration // when each goes to the engine
	}{
		{"one at a time", 1, 1, []arrival{{0, false}, {0, false}}, []time.Duration{0, 10 * second}},
		{"one at a time by two workers", 1, 2, []arrival{{0, false}, {0, false}}, []time.Duration{0, 0}},
		{"a full batch goes at once", 2, 1, []arrival{{0, false}, {0, false}}, []time.Duration{0, 0}},
		{"a batch waits to be full", 3, 1, []arrival{{0, false}, {second, false}, {2 * second, false}}, []time.Duration{2 * second, 2 * second, 2 * second}},
		{"the delay counts from its first", 3, 1, []arrival{{0, false}, {2 * second, false}}, []time.Duration{3 * second, 3 * second}},
		{"who comes too late is in the next", 3, 1, []arrival{{0, false}, {4 * second, false}}, []time.Duration{3 * second, 16 * second}},
		{"a batch ends before the next begins", 2, 1, []arrival{{0, false}, {0, false}, {second, false}}, []time.Duration{0, 0, 13 * second}},
		{"a stream over gRPC is alone", 3, 1, []arrival{{0, true}, {0, true}}, []time.Duration{0, 10 * second}},
		{"a stream over gRPC ends the batch", 3, 1, []arrival{{0, false}, {second, true}}, []time.Duration{second, 11 * second}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeModel{delay: 10 * second}
				s := openFake(t, f, ModelSettings{BatchSize: c.size, MaxBatchDelay: 3 * second, MinWorkers: c.workers, MaxWorkers: c.workers}, nil)
				begun := time.Now()
				var asking sync.WaitGroup
				for _, a := range c.arrivals {
					asking.Go(func() {
						time.Sleep(a.after)
						if text, err := ask(t.Context(), s, "x", a.alone); err != nil || text != "<|endoftext|>" {
							t.Errorf("%q, %v", text, err)
						}
					})
				}
				asking.Wait()
				if got := f.times(begun); !slices.Equal(got, c.want) {
					t.Errorf("%v, want %v", got, c.want)
				}
			})
		})
	}
}

// faultOf is the fault in an error.
func faultOf(t *testing.T, err error) fault {
	t.Helper()
	var f *fault
	if !errors.As(err, &f) {
		t.Fatalf("no fault: %v", err)
	}
	return *f
}

func TestResponseTimeout(t *testing.T) {
	for _, c := range []struct {
		delay time.Duration // of each piece
		ok    bool
	}{{59 * time.Second, true}, {61 * time.Second, false}} {
		synctest.Test(t, func(t *testing.T) {
			f := &fakeModel{pieces: []string{"a", "b", "c"}, delay: c.delay}
			s := openFake(t, f, ModelSettings{ResponseTimeout: time.Minute}, nil)
			begun := time.Now()
			text, err := ask(t.Context(), s, "x", false)
			if c.ok {
				if err != nil || text != "abc<|endoftext|>" {
					t.Errorf("%q, %v", text, err)
				}
				return
			}
			got := faultOf(t, err)
			if took := time.Since(begun); took != time.Minute || got.status != http.StatusInternalServerError || !strings.Contains(got.message, "Worker died. Model m sent nothing within its response timeout of 1m0s") {
				t.Errorf("after %v: %+v", took, got)
			}
		})
	}
}

// A time-out counts from when a worker takes the request, not from when it comes.
func TestWaitingIsNoTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openFake(t, &fakeModel{delay: 50 * time.Second}, ModelSettings{ResponseTimeout: time.Minute}, nil)
		var asking sync.WaitGroup
		for range 3 {
			asking.Go(func() {
				if _, err := ask(t.Context(), s, "x", false); err != nil {
					t.Error(err)
				}
			})
		}
		asking.Wait()
	})
}

func TestQueueIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openFake(t, &fakeModel{delay: time.Second}, ModelSettings{}, func(s *Settings) { s.QueueSize = 2 })
		var asking sync.WaitGroup
		for range 3 { // one is answered, two wait
			asking.Go(func() {
				if _, err := ask(t.Context(), s, "x", false); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		_, err := ask(t.Context(), s, "x", false)
		if f := faultOf(t, err); f.status != http.StatusServiceUnavailable || !strings.Contains(f.message, `Model "m" Version 1.0 has no worker`) {
			t.Errorf("%+v", f)
		}
		asking.Wait()
	})
}

// Whoever gives up while waiting is not computed, and holds nobody up.
func TestGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeModel{delay: time.Minute}
		s := openFake(t, f, ModelSettings{}, nil)
		var asking sync.WaitGroup
		for i, patience := range []time.Duration{10 * time.Second, 5 * time.Second, time.Hour} {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			asking.Go(func() {
				if _, err := ask(ctx, s, "x", false); (err == nil) != (i == 2) {
					t.Errorf("%d: %v", i, err)
				}
			})
			synctest.Wait()
		}
		begun := time.Now()
		asking.Wait()
		if got, took := f.times(begun), time.Since(begun); len(got) != 2 || took != 70*time.Second {
			t.Errorf("%v, %v", got, took)
		}
	})
}

// A client that does not read holds no worker up.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openFake(t, &fakeModel{pieces: []string{"a", "b"}, delay: time.Second}, ModelSettings{ResponseTimeout: 10 * time.Second}, nil)
		var asking sync.WaitGroup
		asking.Go(func() {
			text := ""
			err := s.predict(t.Context(), prediction{model: "m", input: input{"text": {{text: "x"}}}}, func(piece string) error {
				time.Sleep(time.Minute)
				text += piece
				return nil
			})
			if err != nil || text != "ab<|endoftext|>" {
				t.Errorf("%q, %v", text, err)
			}
		})
		synctest.Wait()
		begun := time.Now()
		if _, err := ask(t.Context(), s, "x", false); err != nil || time.Since(begun) != 6*time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		asking.Wait()
	})
}

func TestScaling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeModel{delay: 10 * time.Second}
		s := openFake(t, f, ModelSettings{}, nil)
		m, err := s.find("m", "")
		if err != nil {
			t.Fatal(err)
		}
		var asking sync.WaitGroup
		for range 2 {
			asking.Go(func() {
				if _, err := ask(t.Context(), s, "x", false); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		begun := time.Now()
		m.scale(0, 0)
		if _, err := ask(t.Context(), s, "x", false); faultOf(t, err).status != http.StatusServiceUnavailable || s.healthy() {
			t.Errorf("without workers: %v", err)
		}
		time.Sleep(20 * time.Second)
		m.scale(2, 3)
		asking.Wait()
		if got := f.times(begun); !slices.Equal(got, []time.Duration{0, 20 * time.Second}) {
			t.Errorf("%v", got)
		}
	})
}

func TestEndsThatAreNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openFake(t, &fakeModel{pieces: []string{"abc"}, fail: errBroken}, ModelSettings{}, nil)
		if text, err := ask(t.Context(), s, "x", false); !errors.Is(err, errBroken) || text != "abc" {
			t.Errorf("%q, %v", text, err)
		}
		if _, err := ask(t.Context(), s, "refused", false); faultOf(t, err).status != http.StatusBadRequest {
			t.Errorf("%v", err)
		}
		long := openFake(t, &fakeModel{pieces: []string{"abc"}}, ModelSettings{}, func(s *Settings) { s.MaxResponse = 15 })
		if text, err := ask(t.Context(), long, "x", false); text != "abc" || !strings.Contains(faultOf(t, err).message, "max_response_size (15 bytes)") {
			t.Errorf("%q, %v", text, err)
		}
	})
}
