package launcher

import (
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"time"
)

// Phase is what a Process is doing.
type Phase int

// The phases of a Process.
const (
	Starting  Phase = iota // it runs or is about to, and does not serve yet
	Ready                  // it serves
	Unhealthy              // it serves no more, and is not restarted yet
	Waiting                // it ended, and is started again after a while
	Failed                 // it never served, and is not started again
	Stopped                // it was told to
)

// Why a program does not run.
var (
	ErrExited    = errors.New("it exited")
	ErrUnhealthy = errors.New("it was stopped because it no longer serves")
	ErrTimeout   = errors.New("it does not serve in time")
)

// Status is how a Process is.
type Status struct {
	Phase  Phase
	Starts int   // so far
	PID    int   // of the running program; 0: none runs
	Err    error // why it does not serve; nil when it does, and before anything is known
}

// LastLines stands in errors between why a program ended and what it printed last, which is not for everybody.
const LastLines = "; its last lines:\n"

// endError says how a run ended, and what the program printed last.
type endError struct {
	kind error
	how  string
	last []string
}

func (e *endError) Error() string {
	text := e.kind.Error()
	if e.how != "" {
		text += ": " + e.how
	}
	if len(e.last) > 0 {
		text += LastLines + strings.Join(e.last, "\n")
	}
	return text
}

func (e *endError) Unwrap() error { return e.kind }

// hopeless reports whether another start cannot end differently: there is no such program.
func hopeless(err error) bool {
	return errors.Is(err, exec.ErrNotFound) || errors.Is(err, exec.ErrDot) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
}

// failure is why a Process has given up.
func failure(err error, starts int, after time.Duration) error {
	if starts == 0 {
		return err
	}
	return fmt.Errorf("given up after %d starts in %s: %w", starts, after.Round(time.Second/10), err)
}
