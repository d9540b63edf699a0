package standin

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// Main runs the engine until SIGTERM or until it was told to end, and returns the exit code. It takes a command line
// of vLLM, so that a file that launches vLLM can be tried without it.
func Main(args []string, stdout, stderr io.Writer) int {
	if len(args) > 1 && args[0] == "serve" {
		args = args[2:] // and the checkpoint
	}
	f := flag.NewFlagSet("standin", flag.ContinueOnError)
	f.SetOutput(stderr)
	port := f.Int("port", 0, "`port` to serve on")
	host := f.String("host", "127.0.0.1", "`address` to serve on")
	model := f.String("served-model-name", "standin", "`name` of the model")
	slow := f.Duration("slow", 0, "`time` until it is healthy")
	fail := f.Int("fail", 0, "exit `code` to end with at once")
	deaf := f.Bool("ignore-term", false, "ignore SIGTERM")
	child := f.Bool("child", false, "start a child that ignores SIGTERM, and print its process id")
	parallel := f.Int("tensor-parallel-size", 1, "`number` of GPUs")
	if err := f.Parse(args); err != nil {
		return 2
	}
	_, _ = fmt.Fprintf(stdout, "loading %s onto %d GPUs: %s\n", *model, *parallel, os.Getenv("CUDA_VISIBLE_DEVICES"))
	if *fail != 0 {
		_, _ = fmt.Fprintln(stderr, "out of memory")
		return *fail
	}
	if *child {
		c := exec.Command(os.Args[0], "--ignore-term", "--port", "0")
		if err := c.Start(); err != nil {
			_, _ = fmt.Fprintln(stderr, err)
			return 1
		}
		_, _ = fmt.Fprintf(stdout, "child %d\n", c.Process.Pid)
	}
	if *deaf {
		signal.Ignore(syscall.SIGTERM)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if !*deaf {
		ctx, stop = signal.NotifyContext(ctx, syscall.SIGTERM)
		defer stop()
	}
	if err := serve(ctx, net.JoinHostPort(*host, strconv.Itoa(*port)), &engine{
		model: *model, ready: time.Now().Add(*slow), hang: make(chan struct{}),
		die: func() {
			_, _ = fmt.Fprintln(stderr, "illegal memory access")
			os.Exit(3)
		},
	}); err != nil {
		_, _ = fmt.Fprintln(stderr, "standin:", err)
		return 1
	}
	_, _ = fmt.Fprintln(stdout, "bye")
	return 0
}

func serve(ctx context.Context, address string, e *engine) error {
	l, err := net.Listen("tcp4", address)
	if err != nil {
		return err
	}
	s := &http.Server{Handler: e.handler(), ReadHeaderTimeout: time.Minute}
	defer context.AfterFunc(ctx, func() { _ = s.Close() })()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
