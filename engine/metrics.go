package engine

import (
	"maps"
	"slices"
	"time"
)

// Metrics is a snapshot. Names and meaning follow vLLM's metrics where one exists
// (docs.vllm.ai, "Production Metrics"); each field names its counterpart.
type Metrics struct {
	RequestsRunning    int     // vllm:num_requests_running, in sequences
	RequestsWaiting    int     // vllm:num_requests_waiting
	KVCacheUsage       float64 // vllm:kv_cache_usage_perc, 0 to 1
	PromptTokens       uint64  // vllm:prompt_tokens_total
	GenerationTokens   uint64  // vllm:generation_tokens_total
	Preemptions        uint64  // vllm:num_preemptions_total
	PrefixCacheQueries uint64  // vllm:prefix_cache_queries_total, in tokens
	PrefixCacheHits    uint64  // vllm:prefix_cache_hits_total, in tokens
	Steps              uint64  // forward passes

	RequestSuccess map[string]uint64 // vllm:request_success_total by finished_reason: stop, length, abort

	TimeToFirstToken   Histogram // vllm:time_to_first_token_seconds: first token less submission
	TimePerOutputToken Histogram // vllm:request_time_per_output_token_seconds: (end to end less first token) / (tokens - 1)
	QueueTime          Histogram // vllm:request_queue_time_seconds: first step less submission
	RequestLatency     Histogram // vllm:e2e_request_latency_seconds
}

// Histogram counts observations, in seconds, up to each bound; the last count is
// for those above all bounds.
type Histogram struct {
	Bounds []float64
	Counts []uint64
	Sum    float64
	Count  uint64
}

func newHistogram(bounds ...float64) Histogram {
	return Histogram{Bounds: bounds, Counts: make([]uint64, len(bounds)+1)}
}

func (h *Histogram) observe(d time.Duration) {
	s := d.Seconds()
	i, _ := slices.BinarySearch(h.Bounds, s)
	h.Counts[i]++
	h.Sum += s
	h.Count++
}

// clone does not share counts with h.
func (h Histogram) clone() Histogram {
	h.Counts = slices.Clone(h.Counts)
	return h
}

// metricsCounter is what Metrics is read from, under the engine's lock.
type metricsCounter struct {
	running, waiting, free    int
	queries, hits, preemptSum uint64
	prompt, generated, steps  uint64
	finished                  map[string]uint64
	first, perOutput          Histogram
	queue, latency            Histogram
}

// Bounds of vLLM's histograms.
func newMetricsCounter(blocks int) metricsCounter {
	long := []float64{0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680}
	return metricsCounter{
		free:      blocks,
		finished:  map[string]uint64{FinishStop: 0, FinishLength: 0, finishAbort: 0},
		first:     newHistogram(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560),
		perOutput: newHistogram(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80),
		queue:     newHistogram(long...),
		latency:   newHistogram(long...),
	}
}

// finishAbort is the reason of what was given up or cut off.
const finishAbort = "abort"

// Metrics is a snapshot of the counters.
func (e *Engine) Metrics() Metrics {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := &e.metrics
	total := e.cache.Total()
	return Metrics{
		RequestsRunning: m.running, RequestsWaiting: m.waiting + len(e.inbox),
		KVCacheUsage: float64(total-m.free) / float64(total),
		PromptTokens: m.prompt, GenerationTokens: m.generated, Preemptions: m.preemptSum,
		PrefixCacheQueries: m.queries, PrefixCacheHits: m.hits, Steps: m.steps,
		RequestSuccess:   maps.Clone(m.finished),
		TimeToFirstToken: m.first.clone(), TimePerOutputToken: m.perOutput.clone(),
		QueueTime: m.queue.clone(), RequestLatency: m.latency.clone(),
	}
}

// record changes the counters under the lock.
func (e *Engine) record(f func(*metricsCounter)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f(&e.metrics)
}

// observeQueues copies what the loop alone may read.
func (e *Engine) observeQueues() {
	e.record(func(m *metricsCounter) {
		s := e.cache.Stats()
		m.running, m.waiting, m.free = e.scheduler.Running(), e.scheduler.Waiting(), e.cache.Free()
		m.queries, m.hits, m.preemptSum = s.Queried, s.Hit, e.scheduler.Preemptions()
	})
}

// observeToken counts a sampled token.
func (e *Engine) observeToken(q *sequence) {
	first := q.firstToken.IsZero()
	if first {
		q.firstToken = e.options.Clock()
	}
	e.record(func(m *metricsCounter) {
		m.generated++
		if first {
			m.prompt += uint64(q.prompt)
			m.first.observe(q.firstToken.Sub(q.job.arrived))
			m.queue.observe(q.scheduled.Sub(q.job.arrived))
		}
	})
}

// observeFinish counts a sequence that came to its own end.
func (e *Engine) observeFinish(q *sequence, reason string) {
	now := e.options.Clock()
	e.record(func(m *metricsCounter) {
		m.finished[reason]++
		m.latency.observe(now.Sub(q.job.arrived))
		if n := q.outputs(); n > 1 {
			m.perOutput.observe(now.Sub(q.firstToken) / time.Duration(n-1))
		}
		if q.embed != nil {
			m.prompt += uint64(q.prompt)
		}
	})
}
