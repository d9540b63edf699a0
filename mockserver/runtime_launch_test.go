package mockserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// onGPUs is an engines file whose engine is this test binary.
func onGPUs(t *testing.T, flags, more string) Options {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Engines: engines(t, `
engines:
  - name: standin
    kind: vllm
    command: '"%s" --port {{.Port}} --served-model-name {{.Model}} --tensor-parallel-size {{.TensorParallel}} %s'
    model: llama
    env: {LAUNCH_TEST_ENGINE: 1, HF_TOKEN: '{{secrets/gpu/token}}'}
    environment_vars: [GREETING, MOOD]
    restart: {min: 10ms, max: 50ms, attempts: 2}
    models: [system.ai.llama_3_1_8b_instruct]
%s`, self, flags, more), GPUs: map[string]int{"A100": 2, "T4": 1}, GPUIDs: map[string][]string{"T4": {"GPU-7"}}}
}

// gpuEntity is a version of the sample model on a workload type.
func gpuEntity(version, workload string) string {
	return fmt.Sprintf(`{"name":"b","entity_name":"system.ai.llama_3_1_8b_instruct","entity_version":%q,"workload_type":%q,"workload_size":"Small","scale_to_zero_enabled":false,`+
		`"environment_vars":{"GREETING":"{{secrets/gpu/token}}","MOOD":"env:PATH","LD_PRELOAD":"evil.so"}}`, version, workload)
}

// says asks the stand-in and returns its answer.
func (c tester) says(endpoint, word string) string {
	c.t.Helper()
	var answer api.Completion
	if err := json.Unmarshal([]byte(c.ok("POST", api.InvocationsPath(endpoint), `{"messages":[{"role":"user","content":"`+word+`"}]}`)), &answer); err != nil {
		c.t.Fatal(err)
	}
	return answer.Choices[0].Message.Content
}

// pid is the process id of the engine of an endpoint.
func (c tester) pid(endpoint string) string {
	_, pid, _ := strings.Cut(c.says(endpoint, "pid"), "says: ")
	return pid
}

// launching starts a server whose secrets the engine needs.
func launching(t *testing.T, o Options) (*Server, tester) {
	t.Helper()
	s := New(o)
	t.Cleanup(func() { _ = s.Close() })
	s.PutSecret("token", "gpu", "token", "hf-secret")
	return s, call(t, s)
}

// An endpoint is ready when the engine is that was started for it, on GPUs of its own, and the engine ends with it.
func TestLaunchedEngineServes(t *testing.T) {
	t.Parallel()
	s, c := launching(t, onGPUs(t, "--slow 300ms", ""))
	e := c.endpoint("POST", api.PathEndpoints, create("e", gpuEntity("1", "GPU_LARGE")))
	if state := e.PendingConfig.ServedEntities[0].State; e.State.Ready != api.ReadyNo || state.Deployment != api.DeploymentCreating || !strings.Contains(state.DeploymentStateMessage, "loading the model. Waiting for its engine: it ") {
		t.Errorf("%+v %+v", e.State, state)
	}
	e = c.until("e", settled)
	if state := e.Config.ServedEntities[0].State; e.State.Ready != api.ReadyYes || state.Deployment != api.DeploymentReady {
		t.Fatalf("%+v %+v", e.State, state)
	}
	if got := c.says("e", "Hi"); got != "llama on GPU 0 says: Hi" {
		t.Error(got)
	}
	if m := c.ok("GET", api.EndpointPath("e")+"/metrics", ""); !strings.Contains(m, `time_to_first_token_ms_bucket{endpoint_name="e",served_model_name="b",le="50"} 3`) {
		t.Errorf("metrics:\n%s", m)
	}
	c.endpoint("POST", api.PathEndpoints, create("f", gpuEntity("1", "GPU_SMALL")))
	c.until("f", settled)
	if got := c.says("f", "Hi"); got != "llama on GPU GPU-7 says: Hi" {
		t.Error(got)
	}
	log := c.log("e", "b")
	for _, part := range []string{"load: done after", "served entity b is ready", "engine: start: ", " --served-model-name llama --tensor-parallel-size 1 ", "engine: loading llama onto 1 GPUs: 0", "engine: ready"} {
		if !strings.Contains(log, part) {
			t.Errorf("the log has no %q:\n%s", part, log)
		}
	}
	if strings.Contains(log, "hf-secret") {
		t.Error("the log holds a secret")
	}
	for name, want := range map[string]string{"GREETING": "hf-secret", "MOOD": "env:PATH", "LD_PRELOAD": "", "HF_TOKEN": "hf-secret"} {
		if got := c.says("e", "$"+name); got != "llama on GPU 0 says: "+want {
			t.Errorf("%s: %s", name, got)
		}
	}
	pid := c.pid("e")
	c.ok("DELETE", api.EndpointPath("e"), "")
	eventually(t, func() bool { return over(pid) })
	eventually(t, func() bool { return s.upstreams.fleet.size() == 1 })
	pid = c.pid("f")
	if err := s.Close(); err != nil || !over(pid) {
		t.Errorf("after Close the engine still runs: %v", err)
	}
}

// size is the number of engines.
func (f *fleet) size() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.all)
}

func (c tester) log(endpoint, entity string) string {
	c.t.Helper()
	var l api.Logs
	parse(c.t, c.ok("GET", api.EntityLogsPath(endpoint, entity), ""), &l)
	return l.Logs
}

// While a new version loads, the old one serves; then it ends, and its GPU is free.
func TestLaunchedEngineIsReplaced(t *testing.T) {
	t.Parallel()
	_, c := launching(t, onGPUs(t, "--slow 200ms", ""))
	c.endpoint("POST", api.PathEndpoints, create("e", gpuEntity("1", "GPU_LARGE")))
	c.until("e", settled)
	first := c.pid("e")
	c.ok("PUT", api.ConfigPath("e"), `{"served_entities":[`+gpuEntity("2", "GPU_LARGE")+`]}`)
	if got := c.says("e", "Hi"); got != "llama on GPU 0 says: Hi" {
		t.Errorf("while version 2 loads: %s", got)
	}
	c.until("e", settled)
	if got := c.says("e", "Hi"); got != "llama on GPU 1 says: Hi" {
		t.Errorf("version 2: %s", got)
	}
	eventually(t, func() bool { return over(first) })
	second := c.pid("e")
	c.ok("POST", api.EndpointPath("e")+"/config:stop", "")
	eventually(t, func() bool { return over(second) })
	if log := c.log("e", "b"); !strings.Contains(log, "engine: bye") {
		t.Errorf("the log of a stopped engine:\n%s", log)
	}
	c.ok("POST", api.EndpointPath("e")+"/config:start", "")
	c.until("e", settled)
	if got := c.says("e", "Hi"); got != "llama on GPU 0 says: Hi" {
		t.Error(got)
	}
}

// An engine that crashes while it serves is started again; meanwhile its entity recovers.
func TestLaunchedEngineCrashes(t *testing.T) {
	t.Parallel()
	o := onGPUs(t, "", "")
	_, c := launching(t, o)
	c.endpoint("POST", api.PathEndpoints, create("e", gpuEntity("1", "GPU_LARGE_2")))
	c.until("e", settled)
	first := c.pid("e")
	status, _ := c.do("POST", api.InvocationsPath("e"), `{"messages":[{"role":"user","content":"crash"}]}`)
	if status != http.StatusBadGateway {
		t.Errorf("a crash is answered with %d", status)
	}
	e := c.until("e", func(e api.Endpoint) bool { return e.State.Ready == api.ReadyNo })
	if state := e.Config.ServedEntities[0].State; state.Deployment != api.DeploymentRecovering || !strings.Contains(state.DeploymentStateMessage, "The engine does not answer for the model: it ") {
		t.Errorf("%+v", state)
	}
	c.until("e", func(e api.Endpoint) bool {
		if _, answer := c.do("POST", api.InvocationsPath("e"), `{"messages":[{"role":"user","content":"Hi"}]}`); strings.Contains(answer, "illegal memory access") {
			t.Errorf("an invocation is answered with the engine's log: %s", answer)
		}
		return e.State.Ready == api.ReadyYes
	})
	if second := c.pid("e"); second == first || !over(first) {
		t.Errorf("process %s, before %s", second, first)
	}
	if got := c.says("e", "Hi"); got != "llama on GPU 0,1 says: Hi" {
		t.Error(got)
	}
	if log := c.log("e", "b"); !regexp.MustCompile(`engine: illegal memory access\n.*engine: starting again in .*exit status 3`).MatchString(log) {
		t.Errorf("the log:\n%s", log)
	}
}

// A deployment whose engine does not come up fails with what it printed last, and what ran for it ends.
func TestLaunchedEngineFails(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct{ flags, more, says string }{
		"crashes":      {"--fail 7", "", "given up after 2 starts in "},
		"prints":       {"--fail 7", "", "it exited: exit status 7; its last lines:\nloading llama onto 1 GPUs: 0\nout of memory."},
		"is late":      {"--slow 1h", "    start_timeout: 300ms\n", "it does not serve in time: 300ms: standin: not ready"},
		"no directory": {"{{.ModelDir}}", "", "{{.ModelDir}}: the model system.ai.llama_3_1_8b_instruct has no directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := launching(t, onGPUs(t, want.flags, want.more))
			c.endpoint("POST", api.PathEndpoints, create("e", gpuEntity("1", "GPU_LARGE")))
			e := c.until("e", settled)
			state := e.PendingConfig.ServedEntities[0].State
			if e.State.ConfigUpdate != api.UpdateFailed || e.State.Ready != api.ReadyNo || state.Deployment != api.DeploymentFailed || !strings.Contains(state.DeploymentStateMessage, want.says) {
				t.Errorf("%+v %+v", e.State, state)
			}
			if log := c.log("e", "b"); !strings.Contains(log, "load: failed: The engine of served entity b") || !strings.Contains(log, "engine: failed: ") {
				t.Errorf("the log:\n%s", log)
			}
			c.endpoint("PUT", api.ConfigPath("e"), `{"served_entities":[`+gpuEntity("2", "GPU_LARGE_2")+`]}`) // its GPU is free again
		})
	}
}

// GPUs that another workspace's engine holds are waited for.
func TestLaunchedEngineWaitsForGPUs(t *testing.T) {
	t.Parallel()
	s, c := launching(t, onGPUs(t, "", ""))
	c.endpoint("POST", api.PathEndpoints, create("e", gpuEntity("1", "GPU_LARGE_2")))
	c.until("e", settled)
	s.PutSecret("other", "gpu", "token", "hf-other")
	o := c
	o.token = "other"
	o.endpoint("POST", api.PathEndpoints, create("e", gpuEntity("1", "GPU_LARGE")))
	o.until("e", func(e api.Endpoint) bool {
		return strings.Contains(e.PendingConfig.ServedEntities[0].State.DeploymentStateMessage, "it waits for GPUs: 0 of 2 A100 are free, and it needs 1.")
	})
	c.ok("DELETE", api.EndpointPath("e"), "")
	o.until("e", settled)
	if got := o.says("e", "Hi"); got != "llama on GPU 0 says: Hi" {
		t.Error(got)
	}
}

// An engine starts when its deployment loads the model, not before.
func TestLaunchedEngineStartsWithTheLoadStage(t *testing.T) {
	t.Parallel()
	o := onGPUs(t, "", "")
	o.Progression = Manual()
	s, c := launching(t, o)
	c.endpoint("POST", api.PathEndpoints, create("e", gpuEntity("1", "GPU_LARGE")))
	step := func() {
		t.Helper()
		if err := s.Step("token", "e"); err != nil {
			t.Fatal(err)
		}
		s.tend(t.Context())
	}
	for range 2 { // build and provision
		if s.tend(t.Context()); s.upstreams.fleet.size() != 0 {
			t.Fatal("the engine is started before its image is built")
		}
		step()
	}
	if s.upstreams.fleet.size() != 1 {
		t.Fatal("the engine is not started")
	}
	eventually(t, func() bool { return strings.Contains(c.log("e", "b"), "engine: ready") })
	if e := c.get("e"); e.State.ConfigUpdate != api.InProgress {
		t.Errorf("%+v: the load stage takes its time all the same", e.State)
	}
	step()
	if e := c.until("e", settled); e.State.Ready != api.ReadyYes {
		t.Errorf("%+v", e.State)
	}
}

// Nobody has to look at a deployment for its engine to start when the time has come.
func TestLaunchedEngineStartsUnseen(t *testing.T) {
	t.Parallel()
	o := onGPUs(t, "", "")
	o.Progression = Scaled(6000) // 24 minutes to the load stage
	s, c := launching(t, o)
	c.endpoint("POST", api.PathEndpoints, create("e", gpuEntity("1", "GPU_LARGE")))
	if s.upstreams.fleet.size() != 0 {
		t.Error("it is started at once")
	}
	eventually(t, func() bool { return s.upstreams.fleet.size() == 1 })
	c.until("e", settled)
}

// A server that comes back starts the engines of what it served.
func TestLaunchedEnginesComeBack(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "data")
	var pids []string
	for i := range 2 {
		s, err := Open(file, "key", onGPUs(t, "", ""))
		if err != nil {
			t.Fatal(err)
		}
		c := call(t, s)
		if i == 0 {
			s.PutSecret("token", "gpu", "token", "hf-secret")
			c.endpoint("POST", api.PathEndpoints, create("e", gpuEntity("1", "GPU_LARGE")))
		}
		c.until("e", func(e api.Endpoint) bool { return e.State.Ready == api.ReadyYes })
		pids = append(pids, c.pid("e"))
		if err := s.Close(); err != nil || !over(pids[i]) {
			t.Errorf("the engine still runs: %v", err)
		}
	}
	if pids[0] == pids[1] {
		t.Error("one process served both")
	}
	s, err := Open(file, "key", Options{Simulate: true}) // and without engines it answers itself
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if e := call(t, s).get("e"); e.State.Ready != api.ReadyYes {
		t.Errorf("%+v", e.State)
	}
}

func TestGPUPool(t *testing.T) {
	p := newGPUPool(Options{GPUs: map[string]int{"T4": 2, "A100": 11, "H100": 1}, GPUIDs: map[string][]string{"H100": {"GPU-a", "GPU-b"}}})
	if fmt.Sprint(p.free["A100"], p.free["T4"], p.free["H100"]) != "[0 1 2 3 4 5 6 7 8 9 10] [11 12] [GPU-a]" {
		t.Error(p.free)
	}
	if q := newGPUPool(Options{GPUs: map[string]int{"A100": 2, "T4": 1}, GPUIDs: map[string][]string{"T4": {"1"}}}); fmt.Sprint(q.free) != "map[A100:[0 2] T4:[1]]" {
		t.Error(q.free)
	}
	first, _ := p.take("A100", 3)
	if rest, missing := p.take("A100", 9); rest != nil || missing != "8 of 11 A100 are free, and it needs 9" {
		t.Error(rest, missing)
	}
	p.give("A100", first)
	if all, missing := p.take("A100", 11); missing != "" || strings.Join(all, ",") != "0,1,2,3,4,5,6,7,8,9,10" {
		t.Error(all, missing)
	}
	unknown := newGPUPool(Options{})
	if ids, missing := unknown.take("A100", 3); ids != nil || missing != "" {
		t.Error(ids, missing)
	}
	if _, known := unknown.visible(nil); known {
		t.Error("a pool that nobody described hides GPUs")
	}
}

func TestInheritedEnvironment(t *testing.T) {
	got := inherited([]string{"PATH=/bin", "MOCKSERVER_DATA_KEY=k", "ETCDCTL_PASSWORD=p", "ETCDCTL_USER=u:p", "INFERENCE_TOKEN=t", "DATABRICKS_TOKEN=t", "HOME=/root"})
	if strings.Join(got, " ") != "PATH=/bin HOME=/root" {
		t.Error(got)
	}
}
