package upstream

import (
	"bytes"
	"context"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/scrape"
)

// EngineMetrics is what an engine says about itself. What it does not measure is zero.
type EngineMetrics struct {
	TTFT, TPOT, Latency scrape.Histogram // seconds, since the engine started
	Running, Waiting    float64          // requests
	CacheUsed           float64          // share of the KV cache, 0 to 1
}

// Metrics scrapes the engine; ErrUnsupported where its kind has none.
func (e *Engine) Metrics(ctx context.Context, keys KeyFunc) (EngineMetrics, error) {
	if e.kind.metrics == "" {
		return EngineMetrics{}, &Error{Upstream: e.config.Name, Kind: ErrUnsupported, Message: "it publishes no metrics"}
	}
	var m EngineMetrics
	err := e.caller.plain(ctx, e.probe(ctx, e.kind.metrics, keys), func(body []byte) error {
		s, err := scrape.Parse(bytes.NewReader(body))
		n := e.kind.names
		m = EngineMetrics{
			TTFT: firstHistogram(s, n.ttft), TPOT: firstHistogram(s, n.tpot), Latency: firstHistogram(s, n.latency),
			Running: firstSum(s, n.running), Waiting: firstSum(s, n.waiting), CacheUsed: firstSum(s, n.used),
		}
		return err
	})
	return m, err
}

func firstHistogram(s scrape.Samples, names []string) scrape.Histogram {
	for _, name := range names {
		if h := s.Histogram(name); len(h.Buckets) > 0 {
			return h
		}
	}
	return scrape.Histogram{}
}

func firstSum(s scrape.Samples, names []string) float64 {
	for _, name := range names {
		if v, ok := s.Sum(name); ok {
			return v
		}
	}
	return 0
}
