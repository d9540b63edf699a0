package launcher

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// engine describes the test binary as an engine; changes has the news of it.
func engine(t *testing.T, args ...string) (c Config, changes chan struct{}) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return supervised(self, args...)
}

func supervised(self string, args ...string) (c Config, changes chan struct{}) {
	changes = make(chan struct{}, 1)
	var ports Ports
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	c = Config{
		Prepare: func(context.Context) (Launch, error) {
			port, err := ports.Take()
			if err != nil {
				return Launch{}, err
			}
			return Launch{
				Command: append([]string{self, "--port", strconv.Itoa(port)}, args...), Env: append(os.Environ(), "LAUNCHER_TEST_ENGINE=1"),
				Release: func() { ports.Release(port) },
				Ready: func(ctx context.Context) error {
					req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/health", port), nil)
					if err != nil {
						return err
					}
					resp, err := client.Do(req)
					if err != nil {
						return err
					}
					_ = resp.Body.Close()
					if resp.StatusCode != http.StatusOK {
						return errors.New(resp.Status)
					}
					return nil
				},
			}, nil
		},
		StartTimeout: time.Minute, StopTimeout: 30 * time.Second, Attempts: 2,
		Backoff: Backoff{time.Millisecond, 10 * time.Millisecond}, Probe: Probe{50 * time.Millisecond, time.Second, 2},
		Log: NewLog(time.Now), Start: Exec, Jitter: func() float64 { return 0 },
		Notify: func() {
			select {
			case changes <- struct{}{}:
			default:
			}
		},
	}
	return c, changes
}

// until waits for a phase.
func until(t *testing.T, p *Process, changes chan struct{}, phase Phase) Status {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		if s := p.Status(); s.Phase == phase {
			return s
		}
		select {
		case <-changes:
		case <-deadline:
			t.Fatalf("still %+v: %q", p.Status(), texts(p.config.Log))
		}
	}
}

func TestEngineServesAndStops(t *testing.T) {
	c, changes := engine(t, "--slow", "100ms")
	p := Run(c)
	s := until(t, p, changes, Ready)
	p.Stop()
	<-p.Done()
	if !gone(s.PID) {
		t.Errorf("process %d still runs", s.PID)
	}
	log := strings.Join(texts(c.Log), "\n")
	for _, part := range []string{"start: ", "loading standin onto 1 GPUs", "ready", "bye"} {
		if !strings.Contains(log, part) {
			t.Errorf("no %q in the log:\n%s", part, log)
		}
	}
}

func TestEngineThatCrashesAtItsStart(t *testing.T) {
	c, _ := engine(t, "--fail", "3")
	p := Run(c)
	<-p.Done()
	if s := p.Status(); s.Phase != Failed || s.Starts != 2 || !strings.Contains(s.Err.Error(), "it exited: exit status 3; its last lines:\nloading standin onto 1 GPUs:\nout of memory") {
		t.Errorf("%+v", s)
	}
}
