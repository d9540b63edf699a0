package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/inference-iac/terraform-provider-inference/tools/harness"
)

// timeScale makes an hour of rollout last six seconds.
const timeScale = "600"

// options are the flags; paths are relative to the current directory.
type options struct {
	tf         string // terraform or tofu
	provider   string // the provider's binary
	mockserver string // the mock server's binary
	scenario   string // the directory that is applied
}

func main() {
	var o options
	flag.StringVar(&o.tf, "tf", "terraform", "terraform or tofu")
	flag.StringVar(&o.provider, "provider", "bin/terraform-provider-inference", "the provider's `binary`")
	flag.StringVar(&o.mockserver, "mockserver", "bin/mockserver", "the mock server's `binary`")
	flag.StringVar(&o.scenario, "scenario", "examples/scenarios/champion-challenger", "the `directory` to apply")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	summary, err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "\ndemo failed: %v\n", err)
		os.Exit(1)
	}
	fmt.Println(summary)
}

// run owns what has to be given back, the directory and the server, around the steps of the demo.
func run(ctx context.Context, o options, out io.Writer) (_ string, err error) {
	work, err := os.MkdirTemp("", "inference-demo-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()

	config, err := harness.LayOut(work, o.provider)
	if err == nil {
		err = os.CopyFS(filepath.Join(work, "scenario"), os.DirFS(o.scenario))
	}
	if err != nil {
		return "", fmt.Errorf("prepare the working directory: %w", err)
	}
	s, err := harness.StartServer(ctx, o.mockserver, "--time-scale", timeScale)
	if err != nil {
		return "", fmt.Errorf("start the mock server: %w", err)
	}
	defer s.Stop()

	d := demo{
		out:    out,
		server: s,
		cli:    harness.NewCLI(o.tf, filepath.Join(work, "scenario"), config, s),
	}
	if err := d.steps(ctx); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("interrupted: %w", err)
		}
		return "", err
	}
	return d.summary(), nil
}
