package mockserver

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/launcher"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

// engineProbe is how the health of launched engines is watched.
func engineProbe() launcher.Probe {
	return launcher.Probe{Every: 2 * time.Second, Timeout: probeTimeout, Failures: 5}
}

// launched is an engine that the server runs for one deployment of an entity. It is a backend, whatever port the
// engine has at the moment, and while it has none it says so.
type launched struct {
	place  *upstream.Place
	spec   api.ServedEntityInput
	model  Model
	log    *launcher.Log
	keys   upstream.KeyFunc
	wanted time.Time // since
	fleet  *fleet

	backend atomic.Pointer[upstream.Backend] // nil: it does not serve yet, or does not run

	mu      sync.Mutex
	process *launcher.Process // nil: not started yet
	failed  time.Time         // when its process gave up
	gpus    []string
	lacks   string // GPUs that it waits for
}

// start runs the engine if its GPUs are free. An engine that failed is not started again by itself.
func (l *launched) start() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.process != nil {
		return
	}
	h, _ := hardwareOf(l.spec.WorkloadType)
	if l.gpus, l.lacks = l.fleet.pool.take(h.gpu, h.count); l.lacks != "" {
		return
	}
	launch := l.place.Launch
	l.process = launcher.Run(launcher.Config{
		Prepare:      l.prepare,
		StartTimeout: l.place.StartTimeout, StopTimeout: launch.StopTimeout,
		Attempts: launch.Attempts, Backoff: launch.Restart, Probe: engineProbe(),
		Log: l.log, Start: launcher.Exec, Jitter: l.fleet.jitter, Notify: l.fleet.notify,
	})
}

// stop ends the engine; its log stays.
func (l *launched) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.process != nil {
		l.process.Stop()
	}
}

// settle gives the GPUs of an engine back that has ended, and reports whether none runs.
func (l *launched) settle() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.process == nil {
		return true
	}
	select {
	case <-l.process.Done():
	default:
		return false
	}
	h, _ := hardwareOf(l.spec.WorkloadType)
	l.fleet.pool.give(h.gpu, l.gpus)
	if l.gpus = nil; l.failed.IsZero() {
		l.failed = time.Now()
	}
	return true
}

// retry lets an engine that gave up start anew, after the longest wait between starts. Only engines of active
// entities get another chance: a deployment fails once.
func (l *launched) retry() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.failed.IsZero() && time.Since(l.failed) >= l.place.Launch.Restart.Max {
		l.process, l.failed = nil, time.Time{}
	}
}

// report is how the engine is.
func (l *launched) report() report {
	l.mu.Lock()
	process, lacks := l.process, l.lacks
	l.mu.Unlock()
	if process == nil {
		r := report{message: "it waits for GPUs"}
		if lacks != "" {
			r.message += ": " + lacks
			r.failed = time.Since(l.wanted) >= l.place.StartTimeout
		}
		return r
	}
	s := process.Status()
	r := report{ready: s.Phase == launcher.Ready, failed: s.Phase == launcher.Failed, message: map[launcher.Phase]string{
		launcher.Starting: "it starts", launcher.Unhealthy: "it serves no more", launcher.Waiting: "it will be started again", launcher.Stopped: "it is stopped",
	}[s.Phase]}
	if s.Err != nil {
		r.message = strings.TrimPrefix(r.message+": "+s.Err.Error(), ": ")
	}
	return r
}

// prepare makes ready for one start: a free port, the command, the environment, and the backend that asks it.
func (l *launched) prepare(ctx context.Context) (launcher.Launch, error) {
	port, err := l.fleet.ports.Take()
	if err != nil {
		return launcher.Launch{}, err
	}
	out, err := l.prepareOn(ctx, port)
	if err != nil {
		l.fleet.ports.Release(port)
	}
	return out, err
}

func (l *launched) prepareOn(ctx context.Context, port int) (launcher.Launch, error) {
	h, _ := hardwareOf(l.spec.WorkloadType)
	visible, known := l.fleet.pool.visible(l.gpus)
	v := launcher.Values{
		Model: l.place.Model, Name: l.spec.EntityName, Version: string(l.spec.EntityVersion), Directory: l.model.Dir,
		Port: port, GPUs: visible, TensorParallel: max(1, h.count),
	}
	if v.Model == "" {
		v.Model = v.Name
	}
	words, err := l.place.Launch.Command.Render(v)
	if err != nil {
		return launcher.Launch{}, err
	}
	env, secrets, err := l.environment(ctx)
	if err != nil {
		return launcher.Launch{}, err
	}
	if known {
		env = append([]string{"CUDA_VISIBLE_DEVICES=" + visible}, env...) // the engines file has the last word
	}
	b, err := l.fleet.engines.Launched(l.place, port, v.Model)
	if err != nil {
		return launcher.Launch{}, err
	}
	return launcher.Launch{
		Command: words, Directory: l.place.Launch.Directory, Env: append(inherited(os.Environ()), env...), Secrets: secrets,
		Ready: func(ctx context.Context) error {
			err := b.Ready(ctx, l.keys)
			if err == nil {
				l.backend.Store(&b) // earlier calls would open its circuit before it serves
			}
			return err
		},
		Release: func() {
			l.backend.Store(nil)
			b.Close()
			l.fleet.ports.Release(port)
		},
	}, nil
}

// environment is what the engines file adds, references resolved, and what it lets through of the entity's own
// variables. Those come from requests: they may name secrets of their workspace, and nothing else.
func (l *launched) environment(ctx context.Context) (env, secrets []string, err error) {
	add := func(name, value string, reference bool) error {
		if reference {
			found, err := l.keys(ctx, value)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			value = strings.TrimRight(found, "\r\n") // of a file
			secrets = append(secrets, value)
		}
		env = append(env, name+"="+value)
		return nil
	}
	for _, name := range l.place.Launch.EntityEnv {
		if value, ok := l.spec.EnvironmentVars[name]; ok {
			_, _, secret := api.SecretReference(value)
			if err := add(name, value, secret); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, name := range sortedKeys(l.place.Launch.Env) {
		value := l.place.Launch.Env[name]
		if err := add(name, value, upstream.IsReference(value)); err != nil {
			return nil, nil, err
		}
	}
	return env, secrets, nil
}

// inherited is what engines get of the server's own environment: not what the server alone may know, the password of
// its store among it.
func inherited(environ []string) []string {
	return slices.DeleteFunc(environ, func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return strings.HasPrefix(name, "MOCKSERVER_") || strings.HasPrefix(name, "ETCDCTL_") || name == "INFERENCE_TOKEN" || name == "DATABRICKS_TOKEN"
	})
}
