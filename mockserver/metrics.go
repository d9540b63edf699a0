package mockserver

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// meters counts invocations by endpoint id and served entity.
type meters struct {
	mu     sync.Mutex
	meters map[meterKey]*meter
}

type meterKey struct{ endpoint, entity string }

// window is what the gauges look back on.
const window = time.Minute

// latencyBuckets are the upper bounds of the histograms, in milliseconds.
var latencyBuckets = [...]float64{1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000}

type meter struct {
	recent  [int(window / time.Second)]second
	buckets [len(latencyBuckets)]int
	count   int
	sum     float64
}

// second counts the invocations of one second of the clock, by status.
type second struct {
	at            int64 // since the epoch
	all, c4x, c5x int
}

// record counts one invocation.
func (m *meters) record(k meterKey, status int, took time.Duration, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.meters == nil {
		m.meters = map[meterKey]*meter{}
	}
	t := m.meters[k]
	if t == nil {
		t = &meter{}
		m.meters[k] = t
	}
	t.second(now).count(status)
	ms := float64(took) / float64(time.Millisecond)
	for i, bound := range latencyBuckets {
		if ms <= bound {
			t.buckets[i]++
		}
	}
	t.count++
	t.sum += ms
}

// second is the place of now in the window.
func (m *meter) second(now time.Time) *second {
	at := now.Unix()
	s := &m.recent[at%int64(len(m.recent))]
	if s.at != at {
		*s = second{at: at}
	}
	return s
}

// within lists the seconds of the window that ends with now.
func (m *meter) within(now time.Time) []second {
	var out []second
	for _, s := range m.recent {
		if now.Unix()-s.at < int64(len(m.recent)) {
			out = append(out, s)
		}
	}
	return out
}

func (s *second) count(status int) {
	s.all++
	switch status / 100 {
	case 4:
		s.c4x++
	case 5:
		s.c5x++
	}
}

// metrics answers get_metrics in the Prometheus text format.
func (s *Server) metrics(x *exchange) (textResponse, error) {
	r, err := x.tenant.get(x.vars["name"], s.opts.Progression, x.now)
	if err != nil {
		return textResponse{}, err
	}
	var out exposition
	s.engineMetrics(x.ctx, x.tenant, r, &out)
	s.meters.mu.Lock()
	defer s.meters.mu.Unlock()
	for _, e := range entitiesOf(r.Active) {
		m := s.meters.meters[meterKey{r.ID, e.Spec.Name}]
		if m == nil {
			m = &meter{}
		}
		out.entity(r.Name, e, m, x.now)
	}
	return textResponse{"text/plain; version=0.0.4; charset=utf-8", out.String()}, nil
}

func entitiesOf(v *revision) []served {
	if v == nil {
		return nil
	}
	return v.Entities
}

// exposition collects samples by family, since the samples of a family stand together.
type exposition struct {
	families map[string][]string
}

// add appends the sample family+suffix{labels} value.
func (x *exposition) add(family, suffix, labels string, value float64) {
	if x.families == nil {
		x.families = map[string][]string{}
	}
	x.families[family] = append(x.families[family], fmt.Sprintf("%s%s{%s} %g", family, suffix, labels, value))
}

func (x *exposition) entity(endpoint string, e served, m *meter, now time.Time) {
	labels := fmt.Sprintf("endpoint_name=%q,served_model_name=%q", endpoint, e.Spec.Name)
	counts := map[string]float64{"provisioned_concurrent_requests_total": provisionedConcurrency(e)}
	for _, s := range m.within(now) {
		counts["request_count_total"] += float64(s.all)
		counts["request_4xx_count_total"] += float64(s.c4x)
		counts["request_5xx_count_total"] += float64(s.c5x)
	}
	for _, f := range gaugeFamilies() {
		x.add(f, "", labels, counts[f])
	}
	x.histogram("request_latency_ms", labels, m.buckets, m.count, m.sum)
	var all [len(latencyBuckets)]int // nothing queues before the engine
	for i := range all {
		all[i] = m.count
	}
	x.histogram("model_queue_time_ms", labels, all, m.count, 0)
}

func (x *exposition) histogram(family, labels string, buckets [len(latencyBuckets)]int, count int, sum float64) {
	for i, bound := range latencyBuckets {
		x.add(family, "_bucket", fmt.Sprintf("%s,le=\"%g\"", labels, bound), float64(buckets[i]))
	}
	x.add(family, "_bucket", labels+`,le="+Inf"`, float64(count))
	x.add(family, "_sum", labels, sum)
	x.add(family, "_count", labels, float64(count))
}

// String writes the families in order of their names.
func (x *exposition) String() string {
	var b strings.Builder
	for _, f := range slices.Sorted(maps.Keys(x.families)) {
		kind := "gauge"
		if strings.HasSuffix(f, "_ms") {
			kind = "histogram"
		}
		fmt.Fprintf(&b, "# TYPE %s %s\n", f, kind)
		for _, line := range x.families[f] {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

func gaugeFamilies() []string {
	return []string{
		"cpu_usage_percentage", "mem_usage_percentage", "gpu_usage_percentage", "gpu_memory_usage_percentage",
		"provisioned_concurrent_requests_total", "request_count_total", "request_4xx_count_total", "request_5xx_count_total",
	}
}

// provisionedConcurrency is the upper bound of what the entity was given (Small is 4, Medium 16, Large 64).
func provisionedConcurrency(e served) float64 {
	if c := e.Spec.MaxProvisionedConcurrency; c != nil {
		return float64(*c)
	}
	return map[string]float64{"Small": 4, "Medium": 16, "Large": 64}[e.Spec.WorkloadSize]
}
