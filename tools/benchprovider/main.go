package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// options are the flags; paths are relative to the current directory.
type options struct {
	tf         string
	provider   string
	mockserver string
	starts     int // measured starts of the provider
	rounds     int // pairs of ours and the floor
	endpoints  int // each with three entities and three routes
}

func main() {
	var o options
	flag.StringVar(&o.tf, "tf", "terraform", "terraform or tofu")
	flag.StringVar(&o.provider, "provider", "bin/terraform-provider-inference", "the provider's `binary`")
	flag.StringVar(&o.mockserver, "mockserver", "bin/mockserver", "the mock server's `binary`")
	flag.IntVar(&o.starts, "starts", 21, "how often the provider is started")
	flag.IntVar(&o.rounds, "rounds", 3, "how many pairs of ours and the floor are measured")
	flag.IntVar(&o.endpoints, "endpoints", 100, "endpoints, each with three entities and three routes")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "benchprovider: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, out io.Writer) error {
	start, err := measureStarts(ctx, o)
	if err != nil {
		return fmt.Errorf("start the provider: %w", err)
	}
	say(out, "handshake     median %.1f ms, %.1f MB resident, of %d starts\n", start.millis, start.megabytes, o.starts)
	s, err := measureScale(ctx, o, out)
	if err != nil {
		return err
	}
	bar(out, "handshake_ms", start.millis, 8)
	bar(out, "handshake_resident_mb", start.megabytes, 20)
	bar(out, "plan_ratio", s.planRatio, 1.3)
	bar(out, "apply_ratio", s.applyRatio, 2)
	bar(out, "reads_per_endpoint_in_an_unchanged_plan", s.readsPerEndpoint, 1)
	return nil
}

// bar prints a target: less is better in all of them.
func bar(out io.Writer, name string, measured, target float64) {
	verdict := "ok"
	if measured > target {
		verdict = "short"
	}
	say(out, "bar %s %.2f %.2f %s\n", name, measured, target, verdict)
}

func say(out io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) }
