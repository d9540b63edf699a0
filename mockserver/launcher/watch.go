package launcher

import (
	"context"
	"fmt"
	"time"
)

// watch follows one run of a program.
type watch struct {
	process *Process
	launch  Launch
	program Program

	since    time.Time // served first; zero: it has not
	failures int       // probes in a row, after it served
	last     error     // why it does not serve
}

// answer is what a program said to a probe.
type answer struct{ err error }

// until returns why the program ended or has to.
func (w *watch) until(ctx context.Context) (how string, kind error) {
	c := w.process.config
	ctx, cancel := context.WithCancel(ctx)
	answers := make(chan answer, 1)
	asking := false
	defer func() {
		cancel()
		if asking {
			<-answers // the program is over, whatever it would have said
		}
	}()
	ask := func() {
		asking = true
		go func() {
			ctx, cancel := context.WithTimeout(ctx, c.Probe.Timeout)
			defer cancel()
			answers <- answer{w.launch.Ready(ctx)}
		}()
	}
	late := time.NewTimer(c.StartTimeout)
	defer late.Stop()
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-w.program.Done():
			return exit(w.program), ErrExited
		case <-next.C:
			ask()
		case a := <-answers:
			asking = false
			if w.answered(a.err) {
				return w.last.Error(), ErrUnhealthy
			}
			if !w.since.IsZero() {
				late.Stop()
			}
			next.Reset(w.pause())
		case <-late.C:
			return fmt.Sprintf("%s: %v", c.StartTimeout, w.reason()), ErrTimeout
		}
	}
}

// reason is why the program does not serve, if it has said so.
func (w *watch) reason() string {
	if w.last == nil {
		return "it does not answer"
	}
	return w.last.Error()
}

// pause is the time to the next probe. A program that starts is asked more often at first, since small ones are
// ready in no time.
func (w *watch) pause() time.Duration {
	every := w.process.config.Probe.Every
	if w.since.IsZero() {
		return every / 4
	}
	return every
}

// answered takes the answer to a probe, and reports whether the program is to be restarted.
func (w *watch) answered(err error) (restart bool) {
	c := w.process.config
	w.last = err
	switch {
	case err == nil:
		if w.since.IsZero() {
			w.since = time.Now()
			c.Log.Printf("ready")
		}
		w.failures = 0
		w.process.set(func(s *Status) { s.Phase, s.Err = Ready, nil })
	case w.since.IsZero():
		w.process.set(func(s *Status) { s.Err = err })
	default:
		w.failures++
		if w.failures == 1 {
			c.Log.Printf("unhealthy: %v", err)
		}
		w.process.set(func(s *Status) { s.Phase, s.Err = Unhealthy, err })
	}
	return w.failures >= c.Probe.Failures
}
