//go:build unix

package launcher

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// gone reports whether a process neither runs nor waits to be reaped.
func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func TestEngineThatIsKilledIsStartedAgain(t *testing.T) {
	c, changes := engine(t)
	p := Run(c)
	first := until(t, p, changes, Ready)
	if err := syscall.Kill(first.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for p.Status().PID == first.PID {
		<-changes
	}
	second := until(t, p, changes, Ready)
	if second.PID == first.PID || second.Starts != 2 {
		t.Errorf("%+v, before %+v", second, first)
	}
	p.Stop()
	<-p.Done()
	if log := strings.Join(texts(c.Log), "\n"); !strings.Contains(log, "it exited: signal: killed") {
		t.Error(log)
	}
}

// A program that does not listen, and the child that it started, end with it.
func TestEngineThatIgnoresTheSignal(t *testing.T) {
	c, changes := engine(t, "--ignore-term", "--child")
	c.StopTimeout = 100 * time.Millisecond
	p := Run(c)
	s := until(t, p, changes, Ready)
	child := 0
	for _, line := range texts(c.Log) {
		if n, ok := strings.CutPrefix(line, "child "); ok {
			child, _ = strconv.Atoi(n)
		}
	}
	if child == 0 || gone(child) {
		t.Fatalf("no child %d", child)
	}
	began := time.Now()
	p.Stop()
	<-p.Done()
	if d := time.Since(began); d < c.StopTimeout {
		t.Errorf("killed after %v", d)
	}
	if !gone(s.PID) {
		t.Error("the engine still runs")
	}
	waitGone(t, child)
}

// The child of a program that crashed does not hold up its restart, and ends too.
func TestChildOfAnEngineThatCrashed(t *testing.T) {
	c, changes := engine(t, "--child")
	p := Run(c)
	s := until(t, p, changes, Ready)
	child := 0
	for _, line := range texts(c.Log) {
		if n, ok := strings.CutPrefix(line, "child "); ok {
			child, _ = strconv.Atoi(n)
		}
	}
	_ = syscall.Kill(s.PID, syscall.SIGKILL)
	for p.Status().PID == s.PID {
		<-changes
	}
	waitGone(t, child)
	p.Stop()
	<-p.Done()
}

// waitGone waits for a process that was killed; whoever adopted it has to reap it.
func waitGone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !gone(pid); {
		if state, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil && strings.Contains(string(state), ") Z ") {
			return // it has ended, and whoever adopted it takes its time
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %d still runs", pid)
		}
	}
}
