// Command bench measures the engine on the processor and, in the same run and on
// the same weights, llama.cpp and onnxruntime where they can be had. It prints
// tables, and one line for each target: bar NAME MEASURED TARGET ok|short.
//
// The engine itself does not depend on the peers: they are modules of their own
// under peers/, and are skipped with a reason when they are missing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/tools/npm"
)

// options are the flags.
type options struct {
	threads, repetitions int
	formats              []string
	peers                string // directory of the peers' packages; empty: skip them
	serving              bool
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == firstTokenCommand {
		exit(firstToken(os.Stdout))
		return
	}
	var o options
	var formats string
	flag.IntVar(&o.threads, "threads", min(2, runtime.NumCPU()), "threads of every contestant")
	flag.IntVar(&o.repetitions, "n", 5, "repetitions; medians are printed")
	flag.StringVar(&formats, "formats", "f32,bf16,int8", "number formats")
	flag.StringVar(&o.peers, "peers", npm.CacheDir("terraform-provider-inference-bench"), "where the peers' npm packages are or are installed to; empty: no peers")
	flag.BoolVar(&o.serving, "serving", true, "measure batching, time to first token and start as well")
	flag.Parse()
	o.formats = strings.Split(formats, ",")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o, os.Stdout)
	stop()
	exit(err)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run prints everything to w.
func run(ctx context.Context, o options, w io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "engine-bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := &report{w: w}
	r.printf("machine: %s, %d threads, GOMAXPROCS %d, %s %s/%s\n", processor(), o.threads, runtime.GOMAXPROCS(0), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	r.printf("command: go run ./engine/bench -threads %d -n %d -formats %s\n", o.threads, o.repetitions, strings.Join(o.formats, ","))
	m := newWeights(forty())
	if err := m.writeCheckpoint(filepath.Join(dir, "model")); err != nil {
		return err
	}
	if err := products(ctx, o, r, m, dir); err != nil {
		return err
	}
	if o.serving {
		if err := serving(ctx, o, r, filepath.Join(dir, "model")); err != nil {
			return err
		}
		if err := start(ctx, o, r); err != nil {
			return err
		}
	}
	r.printf("resident size at the end: %.1f MB\n", resident("VmRSS")/1e6)
	return r.err
}
