package mockserver

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// cut answers with these bytes and ends the connection.
func cut(t *testing.T, head string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = buf.WriteString(head)
		_ = buf.Flush()
		_ = conn.Close()
	}
}

func says(status int, header, value, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if header != "" {
			w.Header().Set(header, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func hangs(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

const (
	secondEntity = `{"name":"e","config":{"served_entities":[` + custom + `,` + pt + `],"traffic_config":{"routes":[{"served_model_name":"b","traffic_percentage":100},{"served_model_name":"a","traffic_percentage":0}]}},"ai_gateway":{"fallback_config":{"enabled":%t}}}`
	sseHead      = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)

// Whatever breaks an engine before its first word, the next entity answers, within the time-out, and the answer
// says which entity failed and how. Without a fallback the error reaches the client.
func TestEveryFaultEndsInTheFallback(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.HandlerFunc(hangs))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes fail on purpose
	secure.StartTLS()
	defer secure.Close()
	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mute.Close() }()
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		url     string // instead of a handler
		stream  bool
		want    string
	}{
		{"slow", hangs, "", false, `504;code="DEADLINE_EXCEEDED"`},
		{"slow, streaming", hangs, "", true, `504;code="DEADLINE_EXCEEDED"`},
		{"hangs up", cut(t, ""), "", false, `502;code="INTERNAL_ERROR"`},
		{"resets before a word", cut(t, sseHead), "", true, `502;code="INTERNAL_ERROR"`},
		{"truncated chunk", cut(t, sseHead+"1000\r\ndata: {"), "", true, `502;code="INTERNAL_ERROR"`},
		{"truncated answer", cut(t, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), "", false, `502;code="INTERNAL_ERROR"`},
		{"malformed SSE", says(200, "", "", "data: {\"choices\":[}\n\n"), "", true, `502;code="INTERNAL_ERROR"`},
		{"limited", says(429, "Retry-After", "7", ""), "", false, `429;code="REQUEST_LIMIT_EXCEEDED"`},
		{"broken", says(500, "", "", ""), "", false, `502;code="INTERNAL_ERROR"`},
		{"overloaded", says(503, "", "", ""), "", true, `503;code="TEMPORARILY_UNAVAILABLE"`},
		{"hanging handshake", nil, "https://" + mute.Addr().String(), false, `504;code="DEADLINE_EXCEEDED"`},
		{"wrong certificate", nil, secure.URL, false, `502;code="INTERNAL_ERROR"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := c.url
			if c.handler != nil {
				g := httptest.NewServer(c.handler)
				defer g.Close() // waits for requests that somebody left behind
				url = g.URL
			}
			limit := "20s" // faults show at once, however slow the machine is
			if strings.HasPrefix(c.want, "504") {
				limit = "300ms"
			}
			s := New(Options{Simulate: true, Engines: engines(t, "engines:\n  - {kind: vllm, base_url: %q, model: llama, models: [system.ai.llama_3_1_8b_instruct]}\nentities:\n  - {entity: e/b, timeout: %s}\n", url, limit)})
			defer func() { _ = s.Close() }()
			believe(t, s) // it breaks after its deployment
			caller := call(t, s)
			body := fmt.Sprintf(`{"messages":[{"role":"user","content":"Hi"}],"max_tokens":3,"stream":%t}`, c.stream)
			for _, fallback := range []bool{true, false} {
				caller.ok("POST", api.PathEndpoints, fmt.Sprintf(secondEntity, fallback))
				begun := time.Now()
				resp, err := caller.send("POST", api.InvocationsPath("e"), body)
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if took := time.Since(begun); err != nil || took > 5*time.Second {
					t.Errorf("took %v, %v", took, err)
				}
				reason, by := resp.Header.Get(api.FallbackHeader), resp.Header.Get(api.ServedModelHeader)
				if fallback && (resp.StatusCode != http.StatusOK || by != "a" || reason != `"b";status=`+c.want) {
					t.Errorf("%d by %q, reason %s: %s", resp.StatusCode, by, reason, text)
				}
				if !fallback && (fmt.Sprint(resp.StatusCode) != c.want[:3] || reason != "") {
					t.Errorf("%d, reason %q: %s", resp.StatusCode, reason, text)
				}
				if timing := resp.Header.Get("Server-Timing"); !timingForm.MatchString(timing) {
					t.Errorf("Server-Timing %q", timing)
				}
				caller.ok("DELETE", api.EndpointPath("e"), "")
			}
		})
	}
}

var timingForm = regexp.MustCompile(`^gateway;dur=[0-9.]+, upstream;dur=[0-9.]+$`)

// The upstream's time is the upstream's: a slow entity does not make the gateway look slow.
func TestServerTiming(t *testing.T) {
	now := goldenTime
	s := New(Options{Simulate: true, Clock: func() time.Time { return now }})
	c := call(t, s)
	c.ok("POST", api.PathEndpoints, fmt.Sprintf(secondEntity, true))
	s.Fault(Fault{Entity: "e/b", Status: 503, Times: 1, Do: func(Recorded) { now = now.Add(1500 * time.Millisecond) }})
	resp, err := c.send("POST", api.InvocationsPath("e"), `{"prompt":"Hi"}`)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got := resp.Header.Get("Server-Timing"); got != "gateway;dur=0, upstream;dur=1500" {
		t.Errorf("Server-Timing %q", got)
	}
	resp, err = c.send("GET", api.EndpointPath("e"), "")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got := resp.Header.Get("Server-Timing"); got != "" {
		t.Errorf("no invocation, but Server-Timing %q", got)
	}
}

func TestFallbackReason(t *testing.T) {
	got := fallbackReason([]failedAttempt{{"a", &refusal{status: 429, code: "X"}}, {"b-1", &refusal{status: 503, code: "Y"}}})
	if want := `"a";status=429;code="X", "b-1";status=503;code="Y"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if b := appendMillis(nil, 1234567*time.Nanosecond); string(b) != "1.234" || strings.HasPrefix(string(appendMillis(nil, -5*time.Millisecond)), "-") {
		t.Errorf("%s", b)
	}
}
