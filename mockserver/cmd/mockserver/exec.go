package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// execute serves while a command runs, tells it where by its environment, and returns its exit code. Ctrl-C
// reaches the command by itself, as it is in the same process group; SIGTERM is passed on.
func execute(ctx context.Context, c config, command []string, stdin io.Reader, stdout, stderr io.Writer) (int, error) {
	s, err := c.open(ctx, stderr)
	if err != nil {
		return 1, err
	}
	url, err := s.Listen(c.listen)
	if err != nil {
		return 1, errors.Join(err, s.Close())
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Cancel = func() error {
		if err := cmd.Process.Signal(syscall.SIGTERM); err == nil {
			return nil
		}
		return cmd.Process.Kill() // where there is no SIGTERM
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	cmd.Env = append(os.Environ(),
		"INFERENCE_HOST="+url, "INFERENCE_TOKEN="+c.token,
		"DATABRICKS_HOST="+url, "DATABRICKS_TOKEN="+c.token,
	)
	err = cmd.Run()
	closeErr := s.Close()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), closeErr
	}
	if err != nil {
		return 127, err
	}
	return 0, closeErr
}
