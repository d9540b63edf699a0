package upstream_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

// BenchmarkEngine measures a call to an engine that answers at once, whole and in 64 frames.
func BenchmarkEngine(b *testing.B) {
	frames := strings.Repeat(frame("token", ""), 63) + frame("token", "stop") + done
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), `"stream":true`) {
			_, _ = io.WriteString(w, frames)
			return
		}
		_, _ = io.WriteString(w, `{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]}`)
	}))
	defer server.Close()
	e, err := upstream.NewEngine(upstream.EngineConfig{Name: "gpu", Kind: "vllm", BaseURL: server.URL, Model: "llama"}, local())
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	for name, streaming := range map[string]bool{"plain": false, "stream": true} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ask(context.Background(), e, streaming, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
