package llmapi

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// metrics counts under TorchServe's names.
type metrics struct {
	host string

	mu     sync.Mutex
	values map[string]map[string]float64 // by name and labels
}

// metricTable lists the metrics that TorchServe's front end has: name, type, unit.
func metricTable() [][3]string {
	return [][3]string{
		{"Requests2XX", "counter", "Count"},
		{"Requests4XX", "counter", "Count"},
		{"Requests5XX", "counter", "Count"},
		{"ts_inference_requests_total", "counter", "Count"},
		{"ts_inference_latency_microseconds", "counter", "Microseconds"},
		{"ts_queue_latency_microseconds", "counter", "Microseconds"},
		{"QueueTime", "gauge", "Milliseconds"},
		{"PredictionTime", "gauge", "ms"},
	}
}

func newMetrics(host string) *metrics {
	m := &metrics{host: host, values: map[string]map[string]float64{}}
	for _, d := range metricTable() {
		m.values[d[0]] = map[string]float64{}
	}
	return m
}

func (m *metrics) hostLabels() string { return fmt.Sprintf(`Level="Host",Hostname=%q`, m.host) }

// modelLabels calls the version of requests that name none the default.
func (m *metrics) modelLabels(model, version string) string {
	return fmt.Sprintf("model_name=%q,model_version=%q,hostname=%q", model, cmp.Or(version, "default"), m.host)
}

// request counts a prediction that was asked for.
func (m *metrics) request(model, version string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values["ts_inference_requests_total"][m.modelLabels(model, version)]++
}

// answered adds the times of a prediction: until a worker took it, and in all.
func (m *metrics) answered(model, version string, queued, total time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	labels := m.modelLabels(model, version)
	m.values["ts_queue_latency_microseconds"][labels] += microseconds(queued)
	m.values["ts_inference_latency_microseconds"][labels] += microseconds(total)
	m.values["QueueTime"][m.hostLabels()] = float64(queued.Milliseconds())
	m.values["PredictionTime"][fmt.Sprintf(`ModelName=%q,Level="Model",Hostname=%q`, model, m.host)] = microseconds(total-queued) / 1e3
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// status counts an answer over HTTP.
func (m *metrics) status(code int) {
	name := "Requests5XX"
	switch {
	case code < 300:
		name = "Requests2XX"
	case code >= 400 && code < 500:
		name = "Requests4XX"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[name][m.hostLabels()]++
}

// ServeHTTP answers in the text format of Prometheus; name[] picks metrics.
func (m *metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	wanted := r.URL.Query()["name[]"]
	var b strings.Builder
	m.mu.Lock()
	for _, d := range metricTable() {
		name := d[0]
		if len(wanted) > 0 && !slices.Contains(wanted, name) {
			continue
		}
		fmt.Fprintf(&b, "# HELP %s Torchserve prometheus %s metric with unit: %s\n# TYPE %s %s\n", name, d[1], d[2], name, d[1])
		for _, labels := range slices.Sorted(maps.Keys(m.values[name])) {
			fmt.Fprintf(&b, "%s{%s} %v\n", name, labels, m.values[name][labels])
		}
	}
	m.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write([]byte(b.String())) // the client is gone
}
