package mockserver

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

const benchChat = `{"messages":[{"role":"system","content":"You are brief."},{"role":"user","content":"What is a serving endpoint?"}],"max_tokens":16,"temperature":0.5,"seed":1}`

// BenchmarkInvoke is the server's own part of an invocation: the backend is simulated, and there is no socket.
func BenchmarkInvoke(b *testing.B) {
	benchInvoke(b, Options{Simulate: true}, benchChat)
}

// BenchmarkGateway passes an invocation on to an engine, BenchmarkGatewayStream a stream of 64 frames.
func BenchmarkGateway(b *testing.B) {
	benchGateway(b, benchChat, `{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"llama","choices":[{"index":0,"message":{"role":"assistant","content":"A serving endpoint answers requests."},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":24,"completion_tokens":14,"total_tokens":38}}`)
}

func BenchmarkGatewayStream(b *testing.B) {
	frame := `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"llama","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":%s}]}` + "\n\n"
	body := strings.Repeat(fmt.Sprintf(frame, "null"), 63) + fmt.Sprintf(frame, `"length"`) + "data: [DONE]\n\n"
	benchGateway(b, strings.Replace(benchChat, "{", `{"stream":true,`, 1), body)
}

func benchGateway(b *testing.B, request, answer string) {
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/v1/models" {
			_, _ = io.WriteString(w, `{"data":[{"id":"llama"}]}`)
			return
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer up.Close()
	benchInvoke(b, Options{Engines: engines(b, "engines:\n  - {kind: openai, base_url: %s, model: llama, models: [system.ai.llama_3_1_8b_instruct]}\n", up.URL)}, request)
}

func benchInvoke(b *testing.B, o Options, request string) {
	s := New(o)
	defer func() { _ = s.Close() }()
	call(b, s).ok("POST", api.PathEndpoints, `{"name":"e","config":{"served_entities":[`+custom+`]},"ai_gateway":{"usage_tracking_config":{"enabled":true}}}`)
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, api.InvocationsPath("e"), strings.NewReader(request))
		r.Header.Set("Authorization", "Bearer token")
		w := &discarded{header: http.Header{}}
		s.Handler().ServeHTTP(w, r)
		if w.status != http.StatusOK {
			b.Fatal(w.status)
		}
	}
}

// discarded is an answer that nobody reads.
type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) WriteHeader(status int)      { d.status = status }
func (d *discarded) Write(b []byte) (int, error) { return len(b), nil }
func (d *discarded) Flush()                      {}
