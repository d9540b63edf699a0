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
	suite   string
	only    string // the section to run
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

// roles are the processes that the benchmark is made of besides the server: an order on stdin, an answer on stdout.
func roles() map[string]func(context.Context, io.Reader, io.Writer) error {
	return map[string]func(context.Context, io.Reader, io.Writer) error{
		"floor": serveFloor, "load": generate, "upstream": serveUpstream, "proxy": serveProxy, "streams": readStreams,
	}
}

// run is main without globals. A role as its only argument makes it the process of that name.
func run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	if len(args) == 1 {
		if play, ok := roles()[args[0]]; ok {
			return play(ctx, stdin, stdout)
		}
	}
	var s settings
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&s.server, "server", "bin/mockserver", "`path` of the server's binary")
	f.IntVar(&s.rounds, "rounds", 5, "rounds of each workload; the median counts")
	f.DurationVar(&s.length, "length", 2*time.Second, "length of a round")
	f.IntVar(&s.streams, "streams", 1000, "concurrent streams")
	f.StringVar(&s.suite, "suite", "server", "what is measured: the `suite` server or gateway")
	f.StringVar(&s.only, "only", "", "run only the `section` start, throughput, memory or streams; of the gateway proxying or streaming")
	if err := f.Parse(args); err != nil {
		return err
	}
	return measure(ctx, s, &report{out: stdout})
}

// section is a part of a suite.
type section struct {
	name string
	run  func(context.Context, settings, *report) error
}

func sections(suite string) []section {
	return map[string][]section{
		"server":  {{"start", measureStart}, {"throughput", measureThroughput}, {"memory", measureMemory}, {"streams", measureStreams}},
		"gateway": {{"proxying", measureProxying}, {"streaming", measureStreaming}},
	}[suite]
}

// measure runs the sections one after the other.
func measure(ctx context.Context, s settings, r *report) error {
	for _, section := range sections(s.suite) {
		if s.only != "" && s.only != section.name {
			continue
		}
		if err := section.run(ctx, s, r); err != nil {
			return fmt.Errorf("%s: %w", section.name, err)
		}
	}
	if r.lines == 0 {
		return errors.New("nothing was measured: -suite and -only name no section")
	}
	return nil
}

// readJSON reads one value from a pipe of this program.
func readJSON[T any](r io.Reader) (T, error) {
	var v T
	err := json.NewDecoder(r).Decode(&v)
	return v, err
}
