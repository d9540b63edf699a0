package main

import (
	"context"
	"time"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

const (
	processStarts = 21
	libraryStarts = 101
)

// measureStart times the binary from exec to its ready line, and the library from New to a URL.
func measureStart(ctx context.Context, s settings, r *report) error {
	var binary, library []float64
	for range processStarts {
		p, err := startServer(ctx, s)
		if err != nil {
			return err
		}
		binary = append(binary, millis(p.ready))
		if err := p.stop(); err != nil {
			return err
		}
	}
	for range libraryStarts {
		began := time.Now()
		server := mockserver.New(mockserver.Options{})
		if _, err := server.Listen("127.0.0.1:0"); err != nil {
			return err
		}
		library = append(library, millis(time.Since(began)))
		if err := server.Close(); err != nil {
			return err
		}
	}
	r.atMost("start-to-ready", median(binary), 15, "ms")
	r.atMost("library-start", median(library), 1, "ms")
	return nil
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
