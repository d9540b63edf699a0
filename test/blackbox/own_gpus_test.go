package blackbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

// The scenario own-gpus with its own engines file, and a stand-in on PATH that takes vLLM's command line. What
// terraform applies is started on the GPUs of its workload type, and ends with it.
func TestOwnGPUs(t *testing.T) {
	const scenario = examples + "/scenarios/own-gpus"
	t.Setenv("PATH", filepath.Dir(built.vllm)+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("HF_TOKEN", "hf-secret")
	config, err := upstream.ReadConfig(scenario + "/engines.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set, err := config.Open(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, mockserver.Options{Engines: set, GPUs: map[string]int{"A100": 4}}, scenario)
	asks := func(want string) {
		t.Helper()
		if got := w.says("own-gpus", "Where do you run?"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	w.apply()
	w.wantEmptyPlan()
	if e := w.endpoint(); e.State.Ready != api.ReadyYes || e.Config.ServedEntities[0].State.Deployment != api.DeploymentReady {
		t.Errorf("after the apply %+v", e.State)
	}
	asks("llama on GPU 0 says: Where do you run?")
	w.apply("-var=workload_type=GPU_LARGE_2")
	asks("llama on GPU 1,2 says: Where do you run?")
	w.must("destroy", "-auto-approve", "-input=false", "-no-color")

	w.env = append(w.env, "TF_CLI_CONFIG_FILE="+built.mirror)
	w.must("init", "-input=false", "-no-color")
	cmd := exec.CommandContext(t.Context(), built.mockserver, "exec", "--time-scale", "20000", "--gpus", "A100=4", "--engines", "engines.yaml", "--", built.cli, "test", "-no-color")
	cmd.Dir = w.dir
	cmd.Env = append(environment(), w.env...)
	if r := output(t, cmd); r.code != 0 || !strings.Contains(r.stdout, "3 passed, 0 failed") {
		t.Errorf("mockserver exec -- %s test: %s", filepath.Base(built.cli), r)
	}
}

// An engine that does not come up fails the apply with what it said.
func TestOwnGPUsWithoutTheEngine(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "engines.yaml")
	if err := os.WriteFile(file, []byte("engines:\n  - {kind: vllm, command: "+built.vllm+" --fail 9, restart: {min: 1ms, max: 1ms}, workload_types: [GPU_LARGE]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, externalOptions(t, file), examples+"/scenarios/own-gpus")
	r := w.run("apply", "-auto-approve", "-input=false", "-no-color")
	if text := strings.Join(strings.Fields(r.stderr), " "); r.code == 0 || !strings.Contains(text, "exit status 9") || !strings.Contains(text, "out of memory") {
		t.Error(r)
	}
}
