package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
	"github.com/inference-iac/terraform-provider-inference/mockserver/etcdstore"
)

// dataKey names the environment variable that holds the key of the data.
const dataKey = "MOCKSERVER_DATA_KEY"

// storePatience is how long a store may take to answer at the start.
const storePatience = 5 * time.Second

// setState chooses where state is kept.
func (c *config) setState(store string) error {
	if store == "" {
		return nil
	}
	if c.data != "" {
		return errors.New("--store and --data exclude each other")
	}
	etcd, err := etcdstore.Parse(store, os.Getenv)
	if err != nil {
		return fmt.Errorf("--store: %w", err)
	}
	if len(c.secrets) > 0 && os.Getenv(dataKey) == "" {
		return fmt.Errorf("--secret with --store needs a key in %s: servers share secrets only encrypted", dataKey)
	}
	c.etcd = &etcd
	return nil
}

// open makes the server that the flags describe.
func (c config) open(ctx context.Context, stderr io.Writer) (*mockserver.Server, error) {
	for _, n := range c.notes {
		_, _ = fmt.Fprintln(stderr, "mockserver:", n)
	}
	s, err := c.server(ctx)
	if err != nil {
		return nil, err
	}
	for _, secret := range c.secrets {
		s.PutSecret(c.token, secret.scope, secret.key, secret.value)
	}
	return s, nil
}

// server makes the server with its state where the flags want it.
func (c config) server(ctx context.Context) (*mockserver.Server, error) {
	switch {
	case c.etcd != nil:
		return c.share(ctx)
	case c.data != "":
		return mockserver.Open(c.data, os.Getenv(dataKey), c.options)
	default:
		return mockserver.New(c.options), nil
	}
}

// share makes a server that shares its state through etcd.
func (c config) share(ctx context.Context) (*mockserver.Server, error) {
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	at := strings.Join(c.etcd.Endpoints, ",")
	store, err := etcdstore.Open(ctx, *c.etcd)
	if err != nil {
		return nil, fmt.Errorf("--store: %s: %w", at, err)
	}
	s, err := mockserver.Share(ctx, store, os.Getenv(dataKey), c.options)
	if err != nil {
		return nil, fmt.Errorf("--store: %s: %w", at, err)
	}
	return s, nil
}
