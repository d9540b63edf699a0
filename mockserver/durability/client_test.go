package durability

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// endpoint is what the tests look at of an endpoint; the zero value is none.
type endpoint struct {
	ID      string
	Version int64
	Entity  string
	Tag     string
}

// client writes to endpoints of its own and remembers what it was told.
type client struct {
	id    int
	rng   *rand.Rand
	http  http.Client
	names []string
	known map[string]endpoint
	acked int // writes

	// The write under way: what it may have made of the endpoint. The id of a creation is not known.
	underway string
	maybe    endpoint
}

func newClient(id int, seed uint64) *client {
	c := &client{
		id: id, rng: rand.New(rand.NewPCG(seed, uint64(id))), known: map[string]endpoint{},
		http: http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second},
	}
	for i := range 3 {
		c.names = append(c.names, fmt.Sprintf("c%d-%d", id, i))
	}
	return c
}

// run sends so many writes, or fewer if the server is gone before.
func (c *client) run(url string, writes int) error {
	for range writes {
		name := c.names[c.rng.IntN(len(c.names))]
		before := c.known[name]
		after, method, path, body := c.next(name, before)
		c.underway, c.maybe = name, after
		got, status, err := c.send(url, method, path, body)
		if err != nil {
			return nil //nolint:nilerr // the server is gone: nobody knows what became of the write
		}
		if status != http.StatusOK {
			return fmt.Errorf("%s %s: status %d", method, path, status)
		}
		switch method {
		case http.MethodPost:
			after.ID = got.ID
		case http.MethodPatch, http.MethodDelete:
			got = after // the answer is no endpoint
		}
		got.Tag = after.Tag
		if got != after {
			return fmt.Errorf("%s %s: got %+v, want %+v", method, path, got, after)
		}
		c.known[name], c.underway = after, ""
		c.acked++
	}
	return nil
}

// next is a write that fits the endpoint, and what it makes of it.
func (c *client) next(name string, e endpoint) (after endpoint, method, path, body string) {
	mark := fmt.Sprintf("m%d-%d", c.id, c.rng.Uint32())
	entities := fmt.Sprintf(`"served_entities":[{"name":%q,"entity_name":"system.ai.llama_3_1_8b_instruct","entity_version":"1","workload_size":"Small"}]`, mark)
	if e == (endpoint{}) {
		return endpoint{Version: 1, Entity: mark}, http.MethodPost, api.PathEndpoints, fmt.Sprintf(`{"name":%q,"config":{%s}}`, name, entities)
	}
	after = e
	switch n := c.rng.IntN(10); {
	case n < 5:
		after.Version, after.Entity = e.Version+1, mark
		return after, http.MethodPut, api.ConfigPath(name), "{" + entities + "}"
	case n < 8:
		after.Tag = mark
		return after, http.MethodPatch, api.TagsPath(name), fmt.Sprintf(`{"add_tags":[{"key":"mark","value":%q}]}`, mark)
	default:
		return endpoint{}, http.MethodDelete, api.EndpointPath(name), ""
	}
}

// verify compares what is there after a restart with what was acknowledged.
func (c *client) verify(url string) error {
	for _, name := range c.names {
		got, status, err := c.send(url, http.MethodGet, api.EndpointPath(name), "")
		if err != nil {
			return err
		}
		if status != http.StatusOK && status != http.StatusNotFound {
			return fmt.Errorf("GET %s: status %d", name, status)
		}
		want := c.known[name]
		maybe := c.maybe
		if maybe != (endpoint{}) && maybe.ID == "" {
			maybe.ID = got.ID
		}
		if got != want && (name != c.underway || got != maybe) {
			return fmt.Errorf("%s is %+v, acknowledged was %+v (under way: %q, %+v)", name, got, want, c.underway, c.maybe)
		}
		c.known[name] = got
	}
	c.underway = ""
	return nil
}

func (c *client) send(url, method, path, body string) (endpoint, int, error) {
	r, err := http.NewRequest(method, url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return endpoint{}, 0, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := c.http.Do(r)
	if err != nil {
		return endpoint{}, 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return endpoint{}, resp.StatusCode, err
	}
	var e api.Endpoint
	if err := json.Unmarshal(b, &e); err != nil {
		return endpoint{}, 0, err
	}
	out := endpoint{ID: e.ID}
	if e.Config != nil && len(e.Config.ServedEntities) > 0 {
		out.Version, out.Entity = e.Config.ConfigVersion, e.Config.ServedEntities[0].Name
	}
	for _, t := range e.Tags {
		if t.Key == "mark" {
			out.Tag = t.Value
		}
	}
	return out, resp.StatusCode, nil
}
