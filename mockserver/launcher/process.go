package launcher

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Launch is one start of a program.
type Launch struct {
	Command   []string
	Directory string   // empty: that of this process
	Env       []string // all of it, as NAME=value
	Secrets   []string // never to be seen in the log
	Ready     func(context.Context) error
	Release   func() // called when the program has ended; may be nil
}

// Config says how a program is supervised.
type Config struct {
	Prepare      func(context.Context) (Launch, error) // asked before every start
	StartTimeout time.Duration                         // from a start to the first time that it serves
	StopTimeout  time.Duration                         // from asking it to end to killing it
	Attempts     int                                   // starts before it served once, after which it has failed
	Backoff      Backoff
	Probe        Probe
	Log          *Log
	Start        Starter        // Exec, but in tests of the schedule
	Jitter       func() float64 // from 0 to 1
	Notify       func()         // called when the status has changed; must not wait
}

// Probe is how often a program is asked whether it serves, how long it may take to answer, and after how many
// failures in a row one that served is restarted.
type Probe struct {
	Every, Timeout time.Duration
	Failures       int
}

// Process is a program under supervision.
type Process struct {
	config Config
	stop   context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	status Status
}

// Run starts a program and keeps it running until it is stopped, or has failed before it ever served.
func Run(c Config) *Process {
	ctx, stop := context.WithCancel(context.Background())
	p := &Process{config: c, stop: stop, done: make(chan struct{})}
	go p.run(ctx)
	return p
}

// Status is how the process is now.
func (p *Process) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// Stop asks the program to end, and kills it after a while. It returns at once; Done tells when it is gone.
func (p *Process) Stop() { p.stop() }

// Done is closed when the process is stopped or has failed, and nothing of it runs any more.
func (p *Process) Done() <-chan struct{} { return p.done }

func (p *Process) set(change func(*Status)) {
	p.mu.Lock()
	before := p.status
	change(&p.status)
	changed := p.status.Phase != before.Phase || (p.status.Err == nil) != (before.Err == nil)
	p.mu.Unlock()
	if changed {
		p.config.Notify()
	}
}

func (p *Process) run(ctx context.Context) {
	defer p.config.Notify()
	defer close(p.done)
	defer p.stop()
	c, began := p.config, time.Now()
	for served, failures := false, 0; ; {
		p.set(func(s *Status) { s.Phase = Starting })
		ready, err := p.once(ctx)
		if ctx.Err() != nil {
			p.set(func(s *Status) { *s = Status{Phase: Stopped, Starts: s.Starts} })
			return
		}
		served = served || ready > 0
		if ready >= c.Backoff.Max {
			failures = 0 // it ran well, and what happens now is another story
		}
		failures++
		if !served && (failures >= c.Attempts || hopeless(err) || time.Since(began) >= c.StartTimeout) {
			err = failure(err, p.Status().Starts, time.Since(began))
			p.set(func(s *Status) { s.Phase, s.PID, s.Err = Failed, 0, err })
			c.Log.Printf("failed: %v", err)
			return
		}
		delay := c.Backoff.delay(failures, c.Jitter())
		c.Log.Printf("starting again in %s: %v", delay.Round(time.Millisecond), firstLine(err))
		p.set(func(s *Status) { s.Phase, s.PID, s.Err = Waiting, 0, err })
		if !sleep(ctx, delay) {
			p.set(func(s *Status) { *s = Status{Phase: Stopped, Starts: s.Starts} })
			return
		}
	}
}

// once runs the program until it ends or has to, and says for how long it served.
func (p *Process) once(ctx context.Context) (ready time.Duration, err error) {
	c := p.config
	l, err := c.Prepare(ctx)
	if err != nil {
		return 0, fmt.Errorf("it cannot be started: %w", err)
	}
	if l.Release != nil {
		defer l.Release()
	}
	out := newOutput(c.Log, l.Secrets)
	c.Log.Printf("start: %s", out.hide.Replace(strings.Join(l.Command, " ")))
	program, err := c.Start(l, out)
	if err != nil {
		return 0, fmt.Errorf("it cannot be started: %w", err)
	}
	p.set(func(s *Status) { s.Starts, s.PID = s.Starts+1, program.PID() })
	w := watch{process: p, launch: l, program: program}
	how, kind := w.until(ctx)
	end(program, c.StopTimeout)
	out.flush()
	if !w.since.IsZero() {
		ready = max(time.Since(w.since), 1)
	}
	return ready, &endError{kind, how, out.last}
}

// end stops a program, and returns when it is gone.
func end(program Program, patience time.Duration) {
	defer func() { <-program.Done() }()
	select {
	case <-program.Done():
		return
	default:
	}
	program.Terminate()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-program.Done():
	case <-timer.C:
		program.Kill()
	}
}

// sleep reports whether all of d went by before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func firstLine(err error) string {
	why, _, _ := strings.Cut(err.Error(), LastLines)
	line, _, _ := strings.Cut(why, "\n")
	return line
}

// exit says how a program ended.
func exit(program Program) string {
	if err := program.Err(); err != nil {
		return err.Error()
	}
	return "exit status 0"
}
