package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ready is the first line on stdout.
type ready struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

// serve runs until ctx ends, and lets requests under way end.
func serve(ctx context.Context, c config, stdout, stderr io.Writer) error {
	s, err := c.open(ctx, stderr)
	if err != nil {
		return err
	}
	url, err := s.Listen(c.listen)
	if err != nil {
		return errors.Join(err, s.Close())
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
