package engine_test

import (
	"fmt"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/engine"
)

// BenchmarkDefaultDecode is the embedded model's speed, alone and in batches.
func BenchmarkDefaultDecode(b *testing.B) {
	for _, threads := range []int{1, 2} {
		for _, batch := range []int{1, 8, 32} {
			b.Run(fmt.Sprintf("threads=%d/batch=%d", threads, batch), func(b *testing.B) {
				e := open(b, engine.Options{Threads: threads})
				tokens := 0
				for b.Loop() {
					a := complete(b, e, engine.Request{Prompt: "What is", MaxTokens: 64, N: batch, Temperature: 1.5, Seed: 1})
					tokens += a.usage.CompletionTokens
				}
				b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tok/s")
			})
		}
	}
}
