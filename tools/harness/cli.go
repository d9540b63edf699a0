package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// CLI runs terraform or tofu in one directory.
type CLI struct {
	path string
	dir  string
	env  []string
}

// NewCLI returns a CLI for dir that talks to s. It leaves out whatever of the caller's environment would change what the CLI or the provider does.
func NewCLI(path, dir, config string, s *Server) CLI {
	c := CLI{path: path, dir: dir}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "TF_") && !strings.HasPrefix(kv, "DATABRICKS_") && !strings.HasPrefix(kv, "INFERENCE_") {
			c.env = append(c.env, kv)
		}
	}
	c.env = append(c.env,
		"TF_CLI_CONFIG_FILE="+config,
		"TF_IN_AUTOMATION=1",
		"CHECKPOINT_DISABLE=1",
		"INFERENCE_HOST="+s.URL,
		"INFERENCE_TOKEN="+s.Token,
	)
	return c
}

// Name is what the user calls the program.
func (c CLI) Name() string {
	return strings.TrimSuffix(filepath.Base(c.path), filepath.Ext(c.path))
}

// Run returns what the CLI printed. An exit code other than 0 is an error that holds it.
func (c CLI) Run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.path, append(args, "-no-color")...)
	cmd.Dir, cmd.Env = c.dir, c.env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	ownGroup(cmd)
	cmd.Cancel = func() error { interrupt(cmd); return nil }
	cmd.WaitDelay = 20 * time.Second
	err := cmd.Run()
	if cmd.Process != nil && ctx.Err() != nil {
		kill(cmd) // what an impatient interrupt may have left of the group
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", fmt.Errorf("%s %s: %w", c.Name(), args[0], err)
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		return "", fmt.Errorf("%s %s: exit code %d\n%s%s", c.Name(), strings.Join(args, " "), code, &stdout, &stderr)
	}
	return stdout.String(), nil
}

// Count tells how often the text stands in the files that the CLI left in its directory: state, backups, locks.
func (c CLI) Count(text string) (int, error) {
	var n int
	err := filepath.WalkDir(c.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == ".terraform" { // the provider's binary, linked from the mirror
				return filepath.SkipDir
			}
			return nil
		}
		content, err := os.ReadFile(path)
		n += bytes.Count(content, []byte(text))
		return err
	})
	return n, err
}
