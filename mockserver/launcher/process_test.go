package launcher

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// fake is a program that ends when the test says so.
type fake struct {
	done       chan struct{}
	err        error
	terminated atomic.Bool
	killed     atomic.Bool
	deaf       bool
}

func (f *fake) PID() int              { return 7 }
func (f *fake) Done() <-chan struct{} { return f.done }
func (f *fake) Err() error            { return f.err }
func (f *fake) Kill()                 { f.killed.Store(true); close(f.done) }
func (f *fake) Terminate() {
	if f.terminated.Store(true); !f.deaf {
		close(f.done)
	}
}

// fakes starts programs that run for as long as each is told, 0 for ever, and are ready as the test says.
type fakes struct {
	lives  []time.Duration
	ready  atomic.Pointer[error]
	deaf   bool
	refuse error

	mu     sync.Mutex
	last   *fake
	starts []time.Time
}

func (f *fakes) start(_ Launch, out io.Writer) (Program, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.starts = append(f.starts, time.Now())
	if f.refuse != nil {
		return nil, f.refuse
	}
	life := f.lives[min(len(f.starts), len(f.lives))-1]
	p := &fake{done: make(chan struct{}), err: errors.New("exit status 1"), deaf: f.deaf}
	if life > 0 {
		time.AfterFunc(life, func() {
			_, _ = io.WriteString(out, "no memory\n")
			close(p.done)
		})
	}
	f.last = p
	return p, nil
}

var errLoading = errors.New("loading")

func (f *fakes) say(err error) { f.ready.Store(&err) }

func (f *fakes) config() Config {
	f.say(errLoading)
	return Config{
		Prepare: func(context.Context) (Launch, error) {
			return Launch{Command: []string{"engine"}, Ready: func(context.Context) error { return *f.ready.Load() }}, nil
		},
		StartTimeout: time.Hour, StopTimeout: 10 * time.Second, Attempts: 5,
		Backoff: Backoff{time.Second, 8 * time.Second}, Probe: Probe{time.Second, time.Second, 3},
		Log: NewLog(time.Now), Start: f.start, Jitter: func() float64 { return 1 }, Notify: func() {},
	}
}

// gaps are the seconds between starts so far.
func (f *fakes) gaps() []int {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	out := []int{}
	for i := 1; i < len(f.starts); i++ {
		out = append(out, int(f.starts[i].Sub(f.starts[i-1]).Seconds()))
	}
	return out
}

func TestBackoffGrowsAndGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{lives: []time.Duration{time.Millisecond}}
		c := f.config()
		c.Attempts = 6
		p := Run(c)
		<-p.Done()
		if got := f.gaps(); !slices.Equal(got, []int{1, 2, 4, 8, 8}) {
			t.Errorf("waited %v seconds", got)
		}
		s := p.Status()
		if s.Phase != Failed || s.Starts != 6 || !errors.Is(s.Err, ErrExited) || !strings.Contains(s.Err.Error(), "given up after 6 starts in 23s: it exited: exit status 1; its last lines:\nno memory") {
			t.Errorf("%+v", s)
		}
	})
}

func TestJitter(t *testing.T) {
	b := Backoff{time.Second, time.Minute}
	for _, c := range []struct {
		n      int
		jitter float64
		want   time.Duration
	}{{1, 0, time.Second / 2}, {1, 1, time.Second}, {3, 0.5, 3 * time.Second}, {100, 0, 30 * time.Second}, {100, 1, time.Minute}} {
		if got := b.delay(c.n, c.jitter); got != c.want {
			t.Errorf("%d, %g: %v, want %v", c.n, c.jitter, got, c.want)
		}
	}
}

// A program that served is started again for ever, and one that served for long starts with the shortest wait.
func TestRestartsAfterServing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{lives: []time.Duration{2 * time.Second, 2 * time.Second, 2 * time.Second, time.Minute, 0}}
		c := f.config()
		f.say(nil)
		p := Run(c)
		time.Sleep(2*time.Second + time.Millisecond)
		if s := p.Status(); s.Phase != Waiting || !errors.Is(s.Err, ErrExited) || s.PID != 0 {
			t.Errorf("after its end %+v", s)
		}
		time.Sleep(10 * time.Minute)
		if got := f.gaps(); !slices.Equal(got, []int{2 + 1, 2 + 2, 2 + 4, 60 + 1}) {
			t.Errorf("started after %v seconds", got)
		}
		if s := p.Status(); s.Phase != Ready || s.Err != nil || s.PID != 7 || s.Starts != 5 {
			t.Errorf("%+v", s)
		}
		p.Stop()
		<-p.Done()
		if !f.last.terminated.Load() || f.last.killed.Load() || p.Status().Phase != Stopped {
			t.Errorf("%+v, killed %v", p.Status(), f.last.killed.Load())
		}
	})
}

func TestUnhealthyIsRestarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{lives: []time.Duration{0}}
		c := f.config()
		p := Run(c)
		time.Sleep(10 * time.Second)
		if s := p.Status(); s.Phase != Starting || !errors.Is(s.Err, errLoading) {
			t.Errorf("%+v", s)
		}
		f.say(nil)
		time.Sleep(time.Second)
		f.say(errLoading)
		time.Sleep(1100 * time.Millisecond)
		if s := p.Status(); s.Phase != Unhealthy || !errors.Is(s.Err, errLoading) || len(f.gaps()) != 0 {
			t.Errorf("%+v", s)
		}
		f.say(nil) // only failures in a row count
		time.Sleep(time.Second)
		f.say(errLoading)
		time.Sleep(2 * time.Second)
		if len(f.gaps()) != 0 {
			t.Error("restarted too soon")
		}
		time.Sleep(3 * time.Second)
		if s := p.Status(); len(f.gaps()) != 1 || s.Phase != Starting {
			t.Errorf("%+v, started %v", s, f.gaps())
		}
		p.Stop()
		<-p.Done()
	})
}

// A probe that never answers holds up neither a stop nor the news that the program ended.
func TestHangingProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{lives: []time.Duration{500 * time.Millisecond, 0}, deaf: true}
		c := f.config()
		c.Probe.Timeout = time.Hour
		c.Prepare = func(context.Context) (Launch, error) {
			return Launch{Command: []string{"engine"}, Ready: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}, nil
		}
		p := Run(c)
		time.Sleep(2 * time.Second)
		if got := f.gaps(); !slices.Equal(got, []int{1}) {
			t.Errorf("%v", got)
		}
		stopped := time.Now()
		p.Stop()
		<-p.Done()
		if d := time.Since(stopped); d != c.StopTimeout || !f.last.killed.Load() {
			t.Errorf("stopped after %v", d)
		}
	})
}

func TestStartTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{lives: []time.Duration{0}}
		c := f.config()
		c.StartTimeout = time.Minute
		began := time.Now()
		p := Run(c)
		<-p.Done()
		s := p.Status()
		if s.Phase != Failed || !errors.Is(s.Err, ErrTimeout) || time.Since(began) != time.Minute || !strings.Contains(s.Err.Error(), "1m0s: loading") {
			t.Errorf("%+v after %v", s, time.Since(began))
		}
	})
}

// What cannot get better is not tried again; what may is.
func TestCannotStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{refuse: errors.New("too many files")}
		p := Run(f.config())
		<-p.Done()
		if s := p.Status(); s.Phase != Failed || len(f.gaps()) != 4 || s.Err.Error() != "it cannot be started: too many files" {
			t.Errorf("%+v after %d starts", s, len(f.gaps()))
		}
		c := f.config()
		released := 0
		c.Start = Exec
		c.Prepare = func(context.Context) (Launch, error) {
			return Launch{Command: []string{"no-such-engine-here"}, Release: func() { released++ }}, nil
		}
		p = Run(c)
		<-p.Done()
		if s := p.Status(); s.Phase != Failed || !strings.Contains(s.Err.Error(), "not found") || released != 1 {
			t.Errorf("%+v, released %d times", s, released)
		}
	})
}

func TestPorts(t *testing.T) {
	var ports Ports
	seen := map[int]bool{}
	for range 50 {
		port, err := ports.Take()
		if err != nil || seen[port] {
			t.Fatalf("%d again: %v", port, err)
		}
		seen[port] = true
	}
	for port := range seen {
		ports.Release(port)
	}
	if len(ports.taken) != 0 {
		t.Error("ports are kept")
	}
}
