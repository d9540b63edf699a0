package blackbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// world is a directory with a configuration, and a server of its own to apply it to.
type world struct {
	t      *testing.T
	dir    string
	server *mockserver.Server
	url    string
	token  string
	env    []string // beyond what every run gets
}

// newWorld starts a server and copies the configuration, a directory or a file, into an empty directory.
func newWorld(t *testing.T, o mockserver.Options, configuration string) *world {
	t.Helper()
	s := mockserver.New(o)
	url, err := s.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the server: %v", err)
		}
	})
	w := &world{t: t, dir: t.TempDir(), server: s, url: url, token: "token-of-" + filepath.Base(t.Name())}
	w.copy(configuration)
	w.useProvider(built.provider)
	return w
}

// copy adds a configuration to the directory.
func (w *world) copy(configuration string) {
	w.t.Helper()
	info, err := os.Stat(configuration)
	if err != nil {
		w.t.Fatal(err)
	}
	if info.IsDir() {
		err = os.CopyFS(w.dir, os.DirFS(configuration))
	} else {
		var content []byte
		if content, err = os.ReadFile(configuration); err == nil {
			err = os.WriteFile(filepath.Join(w.dir, filepath.Base(configuration)), content, 0o644)
		}
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// useProvider makes the CLI run a certain binary, without an init. Its name on disk must be
// terraform-provider-inference, with or without a version.
func (w *world) useProvider(binary string) {
	w.t.Helper()
	rc := filepath.Join(w.t.TempDir(), "override.tfrc")
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"inference-iac/inference\" = %q\n  }\n  direct {}\n}\n", filepath.Dir(binary))
	if err := os.WriteFile(rc, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
	w.env = append(w.env, "TF_CLI_CONFIG_FILE="+rc)
}

// result is what a run of the CLI left behind.
type result struct {
	code   int
	stdout string
	stderr string
}

func (r result) String() string {
	return fmt.Sprintf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
}

// run runs the CLI and returns whatever comes of it.
func (w *world) run(args ...string) result {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), built.cli, args...)
	cmd.Dir = w.dir
	cmd.Env = append(environment(), "INFERENCE_HOST="+w.url, "INFERENCE_TOKEN="+w.token)
	cmd.Env = append(cmd.Env, w.env...)
	return output(w.t, cmd)
}

// must runs the CLI and fails the test unless it exits with 0.
func (w *world) must(args ...string) result {
	w.t.Helper()
	r := w.run(args...)
	if r.code != 0 {
		w.t.Fatalf("%s: %s", strings.Join(args, " "), r)
	}
	return r
}

func (w *world) apply(args ...string) result {
	w.t.Helper()
	return w.must(append([]string{"apply", "-auto-approve", "-input=false", "-no-color"}, args...)...)
}

// wantEmptyPlan fails the test if anything is left to do.
func (w *world) wantEmptyPlan(args ...string) {
	w.t.Helper()
	if r := w.run(append([]string{"plan", "-detailed-exitcode", "-input=false", "-no-color"}, args...)...); r.code != 0 {
		w.t.Errorf("the plan is not empty: %s", r)
	}
}

// endpoint returns the only endpoint on the server.
func (w *world) endpoint() api.Endpoint {
	w.t.Helper()
	all := w.server.Endpoints(w.token)
	if len(all) != 1 {
		w.t.Fatalf("%d endpoints on the server, want 1", len(all))
	}
	return all[0]
}

// count counts the recorded requests of a route.
func (w *world) count(route string) int {
	n := 0
	for _, r := range w.server.Requests() {
		if r.Route == route {
			n++
		}
	}
	return n
}

// environment is this process's, without what would change what the CLI or the provider does.
func environment() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "TF_") && !strings.HasPrefix(kv, "DATABRICKS_") && !strings.HasPrefix(kv, "INFERENCE_") {
			env = append(env, kv)
		}
	}
	return append(env, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
}

func output(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", cmd, err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}
