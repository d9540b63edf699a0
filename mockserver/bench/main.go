package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

// settings are what the flags say.
type settings struct {
	server  string        // path of the server's binary
	rounds  int           // of each workload
	length  time.Duration // of each round
	streams int
	only    string // prefix of the sections to run
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is main without globals. The first argument floor or load makes it the process of that name.
func run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	if len(args) == 1 && args[0] == "floor" {
		return serveFloor(ctx, stdin, stdout)
	}
	if len(args) == 1 && args[0] == "load" {
		return generate(ctx, stdin, stdout)
	}
	var s settings
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&s.server, "server", "bin/mockserver", "`path` of the server's binary")
	f.IntVar(&s.rounds, "rounds", 5, "rounds of each workload; the median counts")
	f.DurationVar(&s.length, "length", 2*time.Second, "length of a round")
	f.IntVar(&s.streams, "streams", 1000, "concurrent streams")
	f.StringVar(&s.only, "only", "", "run only the `section` start, throughput, memory or streams")
	if err := f.Parse(args); err != nil {
		return err
	}
	return measure(ctx, s, &report{out: stdout})
}

// measure runs the sections one after the other.
func measure(ctx context.Context, s settings, r *report) error {
	for _, section := range []struct {
		name string
		run  func(context.Context, settings, *report) error
	}{
		{"start", measureStart}, {"throughput", measureThroughput}, {"memory", measureMemory}, {"streams", measureStreams},
	} {
		if s.only != "" && s.only != section.name {
			continue
		}
		if err := section.run(ctx, s, r); err != nil {
			return fmt.Errorf("%s: %w", section.name, err)
		}
	}
	if r.lines == 0 {
		return errors.New("nothing was measured: -only names no section")
	}
	return nil
}

// readJSON reads one value from a pipe of this program.
func readJSON[T any](r io.Reader) (T, error) {
	var v T
	err := json.NewDecoder(r).Decode(&v)
	return v, err
}
