package client

import (
	"context"
	"net/http"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// Answer is what an invocation came back with.
type Answer struct {
	Body    []byte
	Entity  string        // the served entity that answered; "" where the server does not say
	Latency time.Duration // of the whole call, repetitions included
}

// Invoke sends a JSON body to an endpoint, under its traffic split, or pinned to one entity if that is not "".
// An invocation is not repeated once it may have been executed.
func (c *Client) Invoke(ctx context.Context, endpoint, entity string, body []byte) (Answer, error) {
	path := api.InvocationsPath(endpoint)
	if entity != "" {
		path = api.EntityInvocationsPath(endpoint, entity)
	}
	start := time.Now()
	a, err := c.send(ctx, onceOnly, http.MethodPost, path, body)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Body: a.body, Entity: a.header.Get(api.ServedModelHeader), Latency: time.Since(start)}, nil
}
