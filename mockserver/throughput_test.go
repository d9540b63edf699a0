package mockserver

import (
	"io"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// TestProvisionedThroughput: an answer that costs more than what is left is still given, the next one waits
// as long as Retry-After says and not longer, and pressure raises the rate in steps of the chunk.
func TestProvisionedThroughput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Simulate: true, Progression: Scaled(1)})
		c := call(t, s)
		c.ok("POST", api.PathEndpoints, create("e", `{"name":"a","entity_name":"ml.llm-catalog.foundation-model","entity_version":"3","min_provisioned_throughput":980,"max_provisioned_throughput":1960}`))
		time.Sleep(time.Hour)
		spend := func() (status int, wait time.Duration) {
			resp, err := c.send("POST", api.InvocationsPath("e"), `{"prompt":"x","max_tokens":4000}`)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Fatal(err)
			}
			seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // absent: 0
			return resp.StatusCode, time.Duration(seconds) * time.Second
		}
		for round, want := range []time.Duration{4 * time.Second, 4 * time.Second} { // 3021 tokens of debt at 980 a second
			if status, _ := spend(); status != http.StatusOK {
				t.Fatalf("round %d: %d", round, status)
			}
			status, wait := spend()
			if status != http.StatusTooManyRequests || wait < want-time.Second || wait > want+time.Second {
				t.Fatalf("round %d: %d, wait %v", round, status, wait)
			}
			time.Sleep(wait)
		}
		time.Sleep(scaleUpEvery)
		if status, _ := spend(); status != http.StatusOK {
			t.Fatal(status)
		}
		if _, wait := spend(); wait > 2*time.Second {
			t.Errorf("under pressure the rate did not rise: wait %v", wait)
		}
	})
}

// TestTimeDoesNotPass: where time moves nothing on, throughput does not limit.
func TestTimeDoesNotPass(t *testing.T) {
	c := call(t, New(Options{Simulate: true}))
	c.ok("POST", api.PathEndpoints, create("e", pt))
	for range 3 {
		c.ok("POST", api.InvocationsPath("e"), `{"prompt":"x","max_tokens":2000}`)
	}
}

func TestUsageIsTracked(t *testing.T) {
	s := New(Options{Simulate: true})
	c := call(t, s)
	c.ok("POST", api.PathEndpoints, create("e", pt))
	body := `{"messages":[{"role":"user","content":"hi"}],"max_tokens":3,"temperature":0}`
	c.ok("POST", api.InvocationsPath("e"), body)
	c.ok("PUT", api.AIGatewayPath("e"), `{"usage_tracking_config":{"enabled":true}}`)
	c.ok("POST", api.InvocationsPath("e"), body)
	c.ok("POST", api.InvocationsPath("e"), body[:len(body)-1]+`,"stream":true}`)
	rows := s.Usage()
	if len(rows) != 2 {
		t.Fatalf("%d rows, want 2: %+v", len(rows), rows)
	}
	for _, r := range rows {
		if r.Endpoint != "e" || r.Entity != "a" || r.User != defaultUser || r.CompletionTokens != 3 || r.TotalTokens != r.PromptTokens+3 {
			t.Errorf("row %+v", r)
		}
	}
}
