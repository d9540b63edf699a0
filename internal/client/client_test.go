package client

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// script is a transport that plays one reply after the other, and records what it was asked.
type script struct {
	replies []reply
	asked   []string
	bodies  []string
	times   []time.Time
}

type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
	s.times = append(s.times, time.Now())
	if r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		s.bodies = append(s.bodies, string(b))
	}
	if len(s.replies) == 0 {
		return nil, errors.New("nothing left to reply")
	}
	next := s.replies[0]
	s.replies = s.replies[1:]
	if next.err != nil {
		return nil, next.err
	}
	if next.header == nil {
		next.header = http.Header{}
	}
	return &http.Response{StatusCode: next.status, Header: next.header, Body: io.NopCloser(strings.NewReader(next.body))}, nil
}

func newClient(t *testing.T, s *script) *Client {
	t.Helper()
	c, err := New(Config{Host: "http://serving.test/", Token: "t0ken", Transport: s})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRetries(t *testing.T) {
	var (
		ok       = reply{status: 200, body: `{"name":"e"}`}
		busy     = reply{status: 503, body: `{"error_code":"TEMPORARILY_UNAVAILABLE","message":"later"}`}
		limited  = reply{status: 429, header: http.Header{"Retry-After": {"7"}}, body: `{}`}
		conflict = reply{status: 409, body: `{"error_code":"RESOURCE_CONFLICT","message":"currently updating"}`}
		gateway  = reply{status: 502, body: `<html>`}
		broken   = reply{err: syscall.ECONNRESET}
		noDial   = reply{err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}
		noHost   = reply{err: &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}}
	)
	get := func(t *testing.T, c *Client) error { _, err := c.GetEndpoint(t.Context(), "e"); return err }
	put := func(t *testing.T, c *Client) error {
		_, err := c.PutConfig(t.Context(), "e", api.ConfigInput{})
		return err
	}
	post := func(t *testing.T, c *Client) error {
		_, err := c.CreateEndpoint(t.Context(), api.CreateEndpoint{Name: "e"})
		return err
	}
	for _, tc := range []struct {
		name    string
		call    func(*testing.T, *Client) error
		replies []reply
		asked   int
		fails   bool
	}{
		{"a read is repeated", get, []reply{busy, limited, broken, gateway, noDial, ok}, 6, false},
		{"a conflict is for the caller", put, []reply{conflict, ok}, 1, true},
		{"a config update that was refused is repeated", put, []reply{busy, limited, noDial, ok}, 4, false},
		{"a config update that may have been executed is not", put, []reply{broken, ok}, 1, true},
		{"nor is one that a gateway lost", put, []reply{gateway, ok}, 1, true},
		{"a creation is repeated, it can tell its own work", post, []reply{broken, ok}, 2, false},
		{"a host that does not exist is an error at once", get, []reply{noHost, ok}, 1, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{replies: tc.replies}
				err := tc.call(t, newClient(t, s))
				if len(s.asked) != tc.asked || (err != nil) != tc.fails {
					t.Errorf("asked %d times, error %v", len(s.asked), err)
				}
			})
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		date := time.Now().Add(7 * time.Second).Add(13 * time.Second).UTC().Format(http.TimeFormat)
		s := &script{replies: []reply{
			{status: 429, header: http.Header{"Retry-After": {"7"}}},
			{status: 503, header: http.Header{"Retry-After": {date}}},
			{status: 200, body: `{}`},
		}}
		if _, err := newClient(t, s).GetEndpoint(t.Context(), "e"); err != nil {
			t.Fatal(err)
		}
		if a, b := s.times[1].Sub(s.times[0]), s.times[2].Sub(s.times[1]); a != 7*time.Second || b != 13*time.Second {
			t.Errorf("waited %v and %v, want 7s and 13s", a, b)
		}
	})
}

func TestRetryTimeoutEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		for range 1000 {
			s.replies = append(s.replies, reply{status: 503})
		}
		start := time.Now()
		_, err := newClient(t, s).GetEndpoint(t.Context(), "e")
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v", err)
		}
		if d := time.Since(start); d > 5*time.Minute || d < 4*time.Minute {
			t.Errorf("gave up after %v", d)
		}
	})
}

func TestErrorsAreSorted(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		want   error
		text   string
	}{
		{400, `{"error_code":"INVALID_PARAMETER_VALUE","message":"no"}`, ErrInvalid, "400 INVALID_PARAMETER_VALUE: no"},
		{400, `{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"gone"}`, ErrNotFound, "gone"},
		{404, `{"error_code":"SOMETHING_NEW","message":"gone"}`, ErrNotFound, "SOMETHING_NEW"},
		{409, `{"error_code":"RESOURCE_CONFLICT","message":"currently updating"}`, ErrConflict, "currently updating"},
		{409, `{"error_code":"RESOURCE_ALREADY_EXISTS","message":"there"}`, ErrAlreadyExists, "there"},
		{403, `{"error_code":1001,"message":"numeric code"}`, ErrPermissionDenied, "403 1001: numeric code"},
		{401, `<html>` + strings.Repeat("x", 1000), ErrUnauthenticated, "Unauthorized <html>"},
	} {
		s := &script{replies: []reply{{status: tc.status, body: tc.body, header: http.Header{"X-Request-Id": {"r-1"}}}}}
		_, err := newClient(t, s).GetEndpoint(t.Context(), "e")
		if !errors.Is(err, tc.want) {
			t.Errorf("%d %s: got %v, want %v", tc.status, tc.body, err, tc.want)
		}
		if text := fmt.Sprint(err); !strings.Contains(text, tc.text) || !strings.Contains(text, "r-1") || len(text) > 400 {
			t.Errorf("the error reads %q", text)
		}
	}
}

func TestAuthorization(t *testing.T) {
	s := &script{replies: []reply{{status: 200, body: `{}`}}}
	if _, err := newClient(t, s).GetEndpoint(t.Context(), "a/b"); err != nil || s.asked[0] != "GET /api/2.0/serving-endpoints/a/b Bearer t0ken" {
		t.Errorf("asked %q, %v", s.asked, err)
	}
	token := reply{status: 200, header: http.Header{"Content-Type": {"application/json"}}, body: `{"access_token":"m2m","token_type":"Bearer","expires_in":3600}`}
	s = &script{replies: []reply{token, {status: 200, body: `{}`}, {status: 200, body: `{}`}}}
	c, err := New(Config{Host: "http://serving.test", ClientID: "id", ClientSecret: "s3cret", Transport: s})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := c.GetEndpoint(t.Context(), "e"); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.asked) != 3 || !strings.HasPrefix(s.asked[0], "POST /oidc/v1/token Basic ") || !strings.HasSuffix(s.asked[2], "Bearer m2m") {
		t.Errorf("asked %q: one token serves until it ends", s.asked)
	}
	s = &script{replies: []reply{{status: 401, header: http.Header{"Content-Type": {"application/json"}}, body: `{"error":"invalid_client","error_description":"unknown client"}`}}}
	c, _ = New(Config{Host: "http://serving.test", ClientID: "id", ClientSecret: "s3cret", Transport: s})
	if _, err := c.GetEndpoint(t.Context(), "e"); !errors.Is(err, ErrUnauthenticated) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, c := range map[string]Config{
		"no scheme":      {Host: "serving.test", Token: "t"},
		"another scheme": {Host: "ftp://serving.test", Token: "t"},
		"no credentials": {Host: "https://serving.test"},
		"half a pair":    {Host: "https://serving.test", ClientID: "id"},
		"both":           {Host: "https://serving.test", Token: "t", ClientID: "id", ClientSecret: "s"},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestARequestThatHangsIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{Host: "http://serving.test", Token: "t", RetryTimeout: time.Second, Transport: hang{}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.PutConfig(t.Context(), "e", api.ConfigInput{})
		if err == nil || !strings.Contains(err.Error(), "request_timeout 1m0s") {
			t.Errorf("got %v", err)
		}
		var unheard interface{ Unheard() bool }
		if !errors.As(err, &unheard) || !unheard.Unheard() {
			t.Error("nobody would look whether it was executed")
		}
	})
}

type hang struct{}

func (hang) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestModelUnitsHaveRoutesOfTheirOwn(t *testing.T) {
	units := int64(50)
	with := func(settings ...api.EntitySettings) *api.ConfigInput {
		c := &api.ConfigInput{ServedEntities: []api.ServedEntityInput{}}
		for _, s := range settings {
			c.ServedEntities = append(c.ServedEntities, api.ServedEntityInput{EntityName: "m", EntitySettings: s})
		}
		return c
	}
	byUnits := api.EntitySettings{ProvisionedModelUnits: &units}
	for _, tc := range []struct {
		config       *api.ConfigInput
		post, put    string
		wrappedInPUT bool
	}{
		{with(byUnits), "POST /api/2.0/serving-endpoints/pt", "PUT /api/2.0/serving-endpoints/pt/e/config", true},
		{with(byUnits, api.EntitySettings{}), "POST /api/2.0/serving-endpoints", "PUT /api/2.0/serving-endpoints/e/config", false},
		{with(), "POST /api/2.0/serving-endpoints", "PUT /api/2.0/serving-endpoints/e/config", false},
	} {
		s := &script{replies: []reply{{status: 200, body: `{}`}, {status: 200, body: `{}`}}}
		c := newClient(t, s)
		_, err := c.CreateEndpoint(t.Context(), api.CreateEndpoint{Name: "e", Config: tc.config})
		_, err2 := c.PutConfig(t.Context(), "e", *tc.config)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(s.asked[0], tc.post+" ") || !strings.HasPrefix(s.asked[1], tc.put+" ") {
			t.Errorf("asked %q, want %s and %s", s.asked, tc.post, tc.put)
		}
		if wrapped := strings.HasPrefix(s.bodies[1], `{"config":`); wrapped != tc.wrappedInPUT {
			t.Errorf("sent %s", s.bodies[1])
		}
	}
}
