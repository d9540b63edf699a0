package mockserver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

const (
	linearClients = 8
	linearOps     = 40 // of each client
	linearNames   = 3
)

// caller is a client that keeps a log of what it asked and was told.
type caller struct {
	id   int
	http http.Client
	rng  *rand.Rand
	zero time.Time
	log  []porcupine.Operation
	err  error
}

func (c *caller) run() {
	for i := range linearOps {
		in := input{
			verb:   []verb{createEndpoint, createEndpoint, getEndpoint, getEndpoint, getEndpoint, putConfig, putConfig, deleteEndpoint}[c.rng.IntN(8)],
			name:   fmt.Sprintf("e%d", c.rng.IntN(linearNames)),
			entity: fmt.Sprintf("c%d-%d", c.id, i),
		}
		op := porcupine.Operation{ClientId: c.id, Input: in, Call: int64(time.Since(c.zero))}
		out, err := c.call(in)
		if err != nil {
			c.err = err
			return
		}
		op.Output, op.Return = out, int64(time.Since(c.zero))
		c.log = append(c.log, op)
	}
}

// call sends one operation.
func (c *caller) call(in input) (output, error) {
	entities := []api.ServedEntityInput{{
		Name: in.entity, EntityName: "system.ai.llama_3_1_8b_instruct", EntityVersion: "1",
		EntitySettings: api.EntitySettings{WorkloadSize: "Small"},
	}}
	switch in.verb {
	case createEndpoint:
		return c.send("POST", api.PathEndpoints, api.CreateEndpoint{Name: in.name, Config: &api.ConfigInput{ServedEntities: entities}})
	case getEndpoint:
		return c.send("GET", api.EndpointPath(in.name), nil)
	case putConfig:
		return c.send("PUT", api.ConfigPath(in.name), api.ConfigInput{ServedEntities: entities})
	default:
		return c.send("DELETE", api.EndpointPath(in.name), nil)
	}
}

func (c *caller) send(method, path string, body any) (output, error) {
	var b bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&b).Encode(body); err != nil {
			return output{}, err
		}
	}
	r, err := http.NewRequest(method, "http://mock.test"+path, &b)
	if err != nil {
		return output{}, err
	}
	r.Header.Set("Authorization", "Bearer linear")
	resp, err := c.http.Do(r)
	if err != nil {
		return output{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return output{}, err
	}
	out := output{status: resp.StatusCode}
	if resp.StatusCode != http.StatusOK {
		return out, nil
	}
	var e api.Endpoint
	if err := json.Unmarshal(answer, &e); err != nil {
		return output{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	out.id, out.active, out.pending = e.ID, configOf(e.Config), configOf(e.PendingConfig)
	return out, nil
}

// whole reads an answer to its end and hands out what it read.
func whole(resp *http.Response) (*http.Response, error) {
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(b))
	return resp, nil
}

func configOf(c *api.ConfigOutput) config {
	if c == nil || len(c.ServedEntities) == 0 {
		return config{}
	}
	return config{c.ConfigVersion, c.ServedEntities[0].Name}
}

// history lets clients loose on a server and returns what they saw.
func history(t *testing.T, over http.RoundTripper, seed uint64) []porcupine.Operation {
	t.Helper()
	callers := make([]caller, linearClients)
	zero := time.Now()
	var all sync.WaitGroup
	for i := range callers {
		callers[i] = caller{id: i, http: http.Client{Transport: over}, rng: rand.New(rand.NewPCG(seed, uint64(i))), zero: zero}
		all.Go(callers[i].run)
	}
	all.Wait()
	var log []porcupine.Operation
	for _, c := range callers {
		if c.err != nil {
			t.Fatal(c.err)
		}
		log = append(log, c.log...)
	}
	return log
}

// check fails unless some order of the operations, each within its interval, explains every answer.
func check(t *testing.T, reads int, log []porcupine.Operation) {
	t.Helper()
	if got := porcupine.CheckOperationsTimeout(specification(reads), log, 20*time.Second); got != porcupine.Ok {
		t.Errorf("the history of %d operations is %s", len(log), got)
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
				if porcupine.CheckOperationsTimeout(specification(0), log, 20*time.Second) == porcupine.Illegal {
					return
				}
			}
			t.Error("no history of 20 shows the bug")
		})
	}
}
