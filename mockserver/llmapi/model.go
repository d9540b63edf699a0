package llmapi

import (
	"context"
	"slices"
	"sync"
	"time"
)

// model is one version of a model: its queue and its workers.
type model struct {
	settings  ModelSettings
	generator generator
	now       func() time.Time
	queue     chan *job

	mu       sync.Mutex
	min, max int
	workers  []*worker
	lastID   func() int // of a worker, unique in the server
	running  sync.WaitGroup
}

func newModel(s ModelSettings, g generator, capacity int, now func() time.Time, nextID func() int) *model {
	m := &model{settings: s, generator: g, now: now, queue: make(chan *job, capacity), lastID: nextID}
	m.scale(s.MinWorkers, s.MaxWorkers)
	return m
}

// scale starts or stops workers until there are at least low; those that stop finish their batch.
func (m *model) scale(low, high int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.min, m.max = low, high
	for len(m.workers) < low {
		ctx, stop := context.WithCancel(context.Background())
		w := &worker{model: m, id: m.lastID(), since: m.now(), stop: stop}
		m.workers = append(m.workers, w)
		m.running.Go(func() { w.run(ctx) })
	}
	for len(m.workers) > high {
		last := len(m.workers) - 1
		m.workers[last].stop()
		m.workers = m.workers[:last]
	}
}

// state is a copy of what scale set.
func (m *model) state() (low, high int, workers []*worker) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.min, m.max, slices.Clone(m.workers)
}

// submit queues a generation.
func (m *model) submit(ctx context.Context, g generation, alone bool) (*job, error) {
	j := newJob(ctx, g, alone, m.now())
	if !m.enqueue(j) {
		return nil, faultf(unavailable, `Model "%s" Version %s has no worker to serve inference request. Please use scale workers API to add workers.`, m.settings.Name, m.settings.Version)
	}
	return j, nil
}

// enqueue refuses where nobody works or the queue is full, as TorchServe does, in the same words.
func (m *model) enqueue(j *job) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.workers) == 0 {
		return false
	}
	select {
	case m.queue <- j:
		return true
	default:
		return false
	}
}

// close stops the workers and waits for their last batches.
func (m *model) close() {
	m.scale(0, 0)
	for {
		select {
		case j := <-m.queue:
			j.push("", faultf(internalError, "Worker scaled down."))
		default:
			m.running.Wait()
			return
		}
	}
}
