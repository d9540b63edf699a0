package mockserver_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"runtime"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
	"github.com/inference-iac/terraform-provider-inference/mockserver/linear"
)

// whole reads an answer to its end and hands out what it read.
func whole(resp *http.Response) (*http.Response, error) {
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(b))
	return resp, nil
}

// history lets clients loose on a server and returns what they saw.
func history(t *testing.T, over http.RoundTripper, seed uint64) linear.History {
	t.Helper()
	h, err := linear.Load{}.Run(over, seed)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// check fails unless some order of the operations explains every answer.
func check(t *testing.T, reads int, h linear.History) {
	t.Helper()
	if got := h.Check(reads); got != porcupine.Ok {
		t.Errorf("the history of %d operations is %s", h.Len(), got)
	}
}

func TestLinearizable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		progression mockserver.Progression
		reads       int
	}{
		"immediate": {mockserver.Immediate(), 0},
		"reads":     {mockserver.Reads(2), 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(4) {
				s := mockserver.New(mockserver.Options{Progression: c.progression})
				check(t, c.reads, history(t, s.Transport(), seed))
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// broken is a server with a planted bug.
type broken struct {
	http.RoundTripper
	bug func(next http.RoundTripper, r *http.Request) (*http.Response, error)
}

func (b broken) RoundTrip(r *http.Request) (*http.Response, error) { return b.bug(b.RoundTripper, r) }

// withoutNameCheck replaces an endpoint that exists when one of its name is created.
func withoutNameCheck(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var req api.CreateEndpoint
	if err := json.Unmarshal(body, &req); err != nil {
		return nil, err
	}
	if err := quietly(next, r, http.MethodDelete, api.EndpointPath(req.Name)); err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return next.RoundTrip(r)
}

// withoutVersionCheck answers a PUT with the version after the one that it has read before, whoever wrote in
// between.
func withoutVersionCheck(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPut {
		return next.RoundTrip(r)
	}
	before, err := next.RoundTrip(again(r, http.MethodGet, r.URL.Path[:len(r.URL.Path)-len("/config")]))
	if err != nil {
		return nil, err
	}
	old, err := endpointIn(before)
	if err != nil {
		return nil, err
	}
	runtime.Gosched() // somebody else's turn
	resp, err := next.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusOK || old.Config == nil {
		return resp, err
	}
	answer, err := endpointIn(resp)
	if err != nil {
		return nil, err
	}
	answer.Config.ConfigVersion = old.Config.ConfigVersion + 1
	b, err := json.Marshal(answer)
	resp.Body = io.NopCloser(bytes.NewReader(b))
	return resp, err
}

func again(r *http.Request, method, path string) *http.Request {
	c := r.Clone(r.Context())
	c.Method, c.URL.Path, c.Body = method, path, http.NoBody
	return c
}

func quietly(next http.RoundTripper, r *http.Request, method, path string) error {
	resp, err := next.RoundTrip(again(r, method, path))
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func endpointIn(resp *http.Response) (api.Endpoint, error) {
	var e api.Endpoint
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode == http.StatusOK {
		err = json.Unmarshal(b, &e)
	}
	return e, err
}

// TestPlantedBugsAreCaught shows that the histories are dense enough to tell right from wrong.
func TestPlantedBugsAreCaught(t *testing.T) {
	t.Parallel()
	for name, bug := range map[string]func(http.RoundTripper, *http.Request) (*http.Response, error){
		"no name check":    withoutNameCheck,
		"no version check": withoutVersionCheck,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(20) {
				s := mockserver.New(mockserver.Options{})
				log := history(t, broken{s.Transport(), bug}, seed)
				if err := s.Close(); err != nil {
					t.Error(err)
				}
				if log.Check(0) == porcupine.Illegal {
					return
				}
			}
			t.Error("no history of 20 shows the bug")
		})
	}
}
