package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// ready is the first line on stdout.
type ready struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

// serve runs until ctx ends, and lets requests under way end.
func serve(ctx context.Context, c config, stdout, stderr io.Writer) error {
	for _, n := range c.notes {
		_, _ = fmt.Fprintln(stderr, "mockserver:", n)
	}
	s := mockserver.New(c.options)
	url, err := s.Listen(c.listen)
	if err != nil {
		return err
	}
	line, err := json.Marshal(ready{url, c.token})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stdout, "%s\n", line); err != nil {
		return err
	}
	if c.options.Tokens == nil {
		_, _ = fmt.Fprintln(stderr, "mockserver: any token is accepted and opens a workspace of its own")
	}
	<-ctx.Done()
	return s.Close()
}
