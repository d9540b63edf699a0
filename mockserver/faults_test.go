package mockserver

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

func TestFaults(t *testing.T) {
	s := New(Options{})
	c := call(t, s)
	var seen []Recorded
	s.Fault(Fault{Route: "create_endpoint", Times: 1, After: true, Status: 503, RetryAfter: 2 * time.Second, Do: func(r Recorded) { seen = append(seen, r) }})
	s.Fault(Fault{Method: "GET", Path: "/api/*/e", Skip: 1, Times: 1, HangUp: true})
	c.refused("POST", api.PathEndpoints, create("e", pt), 503, api.CodeUnavailable, "injected")
	if len(seen) != 1 || seen[0].Status != 200 || seen[0].Route != "create_endpoint" {
		t.Errorf("Do saw %+v", seen)
	}
	c.refused("POST", api.PathEndpoints, create("e", pt), http.StatusConflict, api.CodeAlreadyExists, "'e'")
	c.get("e")
	if _, err := c.send("GET", api.EndpointPath("e"), ""); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut connection: %v", err)
	}
	c.get("e")
	s.Fault(Fault{Status: 500, Message: "boom"})
	c.refused("GET", api.EndpointPath("e"), "", 500, api.CodeInternal, "boom")
	s.ClearFaults()
	c.get("e")
	statuses := []int{}
	for _, r := range s.Requests() {
		statuses = append(statuses, r.Status)
	}
	if want := []int{503, 409, 200, 0, 200, 500, 200}; !equal(statuses, want) {
		t.Errorf("recorded statuses %v, want %v", statuses, want)
	}
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestFaultDelayEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		c := call(t, s)
		s.Fault(Fault{Delay: time.Hour})
		c.http.Timeout = time.Minute
		start := time.Now()
		if _, err := c.send("GET", api.PathEndpoints, ""); err == nil {
			t.Fatal("no time-out")
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("took %v", took)
		}
	})
}

func TestRecorderRedacts(t *testing.T) {
	s := New(Options{})
	c := call(t, s)
	const canary = "sk-canary"
	body := create("e", `{"external_model":{"name":"gpt-4","task":"llm/v1/chat","openai_config":{"openai_api_key_plaintext":"`+canary+`"}}}`)
	if answer := c.ok("POST", api.PathEndpoints, body); strings.Contains(answer, canary) {
		t.Error("the answer holds the secret")
	}
	c.do("POST", api.PathEndpoints, `{"openai_api_key_plaintext" : "`+canary+`\" broken`)
	for _, r := range s.Requests() {
		if strings.Contains(string(r.Body), canary) || !strings.Contains(string(r.Body), redacted) {
			t.Errorf("recorded body: %s", r.Body)
		}
		if got := r.Header.Get("Authorization"); got != redacted {
			t.Errorf("recorded authorization: %s", got)
		}
	}
}

func TestWorkspacesAreIsolated(t *testing.T) {
	s := New(Options{})
	a, b := call(t, s), call(t, s)
	b.token = "other"
	a.ok("POST", api.PathEndpoints, create("e", pt))
	b.refused("GET", api.EndpointPath("e"), "", http.StatusNotFound, api.CodeNotFound, "'e'")
	b.token = ""
	b.refused("GET", api.PathEndpoints, "", http.StatusUnauthorized, api.CodeUnauthenticated, "bearer token")

	s = New(Options{Tokens: map[string]string{"t1": "ann", "t2": "bob"}})
	a, b = call(t, s), call(t, s)
	a.token, b.token = "t1", "t2"
	a.ok("POST", api.PathEndpoints, create("e", pt))
	if got := b.get("e").Creator; got != "ann" {
		t.Errorf("creator %s", got)
	}
	b.token = "t3"
	b.refused("GET", api.PathEndpoints, "", http.StatusUnauthorized, api.CodeUnauthenticated, "Invalid")
}
