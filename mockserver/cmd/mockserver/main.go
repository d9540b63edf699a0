// Command mockserver serves the serving API on this machine: for a try-out, for a test suite, for a pipeline.
//
//	mockserver [serve] [flags]         serve until SIGINT or SIGTERM
//	mockserver exec [flags] -- command serve on a free port while a command runs, and exit with its code
//	mockserver --llm-api [flags]       answer as LLM-API on TorchServe does instead; --llm-api --help lists its flags
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without globals. The exit code is 2 for wrong usage, 1 for failures, and that of the command
// with exec.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	mode := "serve"
	if len(args) > 0 && (args[0] == "serve" || args[0] == "exec") {
		mode, args = args[0], args[1:]
	}
	if mode == "serve" && wantsLLMAPI(args) {
		return runLLMAPI(ctx, args, stdout, stderr)
	}
	c, rest, err := parse(mode, args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		_, _ = fmt.Fprintln(stderr, "mockserver:", err)
		return 2
	case mode == "exec" && len(rest) == 0:
		_, _ = fmt.Fprintln(stderr, "mockserver: exec needs a command: mockserver exec [flags] -- command args")
		return 2
	case mode == "serve" && len(rest) > 0:
		_, _ = fmt.Fprintf(stderr, "mockserver: unknown argument %q\n", rest[0])
		return 2
	}
	code := 0
	if mode == "exec" {
		code, err = execute(ctx, c, rest, stdin, stdout, stderr)
	} else {
		err = serve(ctx, c, stdout, stderr)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "mockserver:", err)
		return max(code, 1)
	}
	return code
}
