package linear

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// Load is what clients do at the same time. The zero value of a field is its default.
type Load struct {
	Clients int    // default 8
	Each    int    // operations of each client, default 40
	Names   int    // endpoints, default 3
	Prefix  string // of the names, so that loads don't meet
	Token   string // default linear
}

// Run lets the clients loose and returns what they saw. At the end each endpoint is read by somebody who comes after
// all others.
func (l Load) Run(over http.RoundTripper, seed uint64) (History, error) {
	l.Clients, l.Each, l.Names = or(l.Clients, 8), or(l.Each, 40), or(l.Names, 3)
	zero := time.Now()
	clients := make([]client, l.Clients+1)
	for i := range clients {
		clients[i] = client{load: l, id: i, http: http.Client{Transport: over}, rng: rand.New(rand.NewPCG(seed, uint64(i))), zero: zero}
	}
	last := &clients[l.Clients]
	var all sync.WaitGroup
	for i := range clients[:l.Clients] {
		all.Go(clients[i].run)
	}
	all.Wait()
	for n := range l.Names {
		last.do(input{verb: getEndpoint, name: l.name(n)})
	}
	var h History
	var errs []error
	for _, c := range clients {
		h.log = append(h.log, c.log...)
		errs = append(errs, c.err)
	}
	return h, errors.Join(errs...)
}

func or(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

func (l Load) name(n int) string { return fmt.Sprintf("%se%d", l.Prefix, n) }

// client keeps a log of what it asked and was told.
type client struct {
	load Load
	id   int
	http http.Client
	rng  *rand.Rand
	zero time.Time
	log  []porcupine.Operation
	err  error
}

func (c *client) run() {
	for i := range c.load.Each {
		c.do(input{
			verb:   []verb{createEndpoint, createEndpoint, getEndpoint, getEndpoint, getEndpoint, putConfig, putConfig, deleteEndpoint}[c.rng.IntN(8)],
			name:   c.load.name(c.rng.IntN(c.load.Names)),
			entity: fmt.Sprintf("c%d-%d", c.id, i),
		})
	}
}

// do sends one operation, unless one has failed.
func (c *client) do(in input) {
	if c.err != nil {
		return
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

func (c *client) call(in input) (output, error) {
	entities := []api.ServedEntityInput{{
		Name: in.entity, EntityName: "system.ai.llama_3_1_8b_instruct", EntityVersion: "1",
		EntitySettings: api.EntitySettings{WorkloadSize: "Small"},
	}}
	switch in.verb {
	case createEndpoint:
		return c.send(http.MethodPost, api.PathEndpoints, api.CreateEndpoint{Name: in.name, Config: &api.ConfigInput{ServedEntities: entities}})
	case getEndpoint:
		return c.send(http.MethodGet, api.EndpointPath(in.name), nil)
	case putConfig:
		return c.send(http.MethodPut, api.ConfigPath(in.name), api.ConfigInput{ServedEntities: entities})
	default:
		return c.send(http.MethodDelete, api.EndpointPath(in.name), nil)
	}
}

func (c *client) send(method, path string, body any) (output, error) {
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
	token := c.load.Token
	if token == "" {
		token = "linear"
	}
	r.Header.Set("Authorization", "Bearer "+token)
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
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusConflict, http.StatusServiceUnavailable:
		return out, nil
	default:
		return out, fmt.Errorf("%s %s: status %d: %s", method, path, resp.StatusCode, answer)
	}
	var e api.Endpoint
	if err := json.Unmarshal(answer, &e); err != nil {
		return output{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	out.id, out.active, out.pending = e.ID, configOf(e.Config), configOf(e.PendingConfig)
	return out, nil
}

func configOf(c *api.ConfigOutput) config {
	if c == nil || len(c.ServedEntities) == 0 {
		return config{}
	}
	return config{c.ConfigVersion, c.ServedEntities[0].Name}
}
