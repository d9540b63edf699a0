package blackbox

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

const examples = "../../examples"

// Every example is applied, has an empty second plan and can be destroyed; every import line leads to the
// state that the example's own apply leads to.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, dir := range exampleDirectories(t) {
		t.Run(strings.TrimPrefix(filepath.ToSlash(dir), examples+"/"), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, mockserver.Options{Progression: mockserver.Reads(2)}, dir)
			w.require()
			if strings.Contains(filepath.ToSlash(dir), "/data-sources/") {
				w.seed()
			}
			w.apply()
			w.wantEmptyPlan()
			if command, err := os.ReadFile(filepath.Join(dir, "import.sh")); err == nil {
				w.reimport(string(command))
			}
			w.must("destroy", "-auto-approve", "-input=false", "-no-color")
		})
	}
}

// The first thing that the README shows is a configuration that works.
func TestReadme(t *testing.T) {
	t.Parallel()
	_, after, _ := strings.Cut(read(t, "../../README.md"), "```hcl\n")
	configuration, _, found := strings.Cut(after, "```\n")
	if !found {
		t.Fatal("the README holds no HCL")
	}
	file := filepath.Join(t.TempDir(), "main.tf")
	if err := os.WriteFile(file, []byte(configuration), 0o644); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, mockserver.Options{}, file)
	w.apply()
	w.wantEmptyPlan()
	wantTraffic(t, w.endpoint(), map[string]int{"llama_3_1_8b_instruct-2": 95, "llama_3_1_8b_instruct-3": 5})
}

// Each scenario brings tests of its own, and they pass the way the README tells people to run them.
func TestScenariosTestThemselves(t *testing.T) {
	t.Parallel()
	scenarios, err := filepath.Glob(examples + "/scenarios/*/main.tf")
	if err != nil || len(scenarios) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range scenarios {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, mockserver.Options{}, dir) // its server stays idle: exec starts one
			w.env = append(w.env, "TF_CLI_CONFIG_FILE="+built.mirror)
			w.must("init", "-input=false", "-no-color")
			cmd := exec.CommandContext(t.Context(), built.mockserver, "exec", "--time-scale", "20000", "--", built.cli, "test", "-no-color")
			cmd.Dir = w.dir
			cmd.Env = append(environment(), w.env...)
			if r := output(t, cmd); r.code != 0 || !strings.Contains(r.stdout, "0 failed") {
				t.Errorf("mockserver exec -- %s test: %s", filepath.Base(built.cli), r)
			}
			if n := len(w.server.Requests()); n != 0 {
				t.Errorf("%d requests went past the server of exec", n)
			}
		})
	}
}

// exampleDirectories finds every directory with a configuration, the helper modules of tests apart.
func exampleDirectories(t *testing.T) []string {
	t.Helper()
	seen := map[string]bool{}
	var dirs []string
	err := filepath.WalkDir(examples, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == "tests" {
			return fs.SkipDir
		}
		if dir := filepath.Dir(path); filepath.Ext(path) == ".tf" && !seen[dir] {
			seen[dir] = true
			dirs = append(dirs, dir)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(dirs) < 8 {
		t.Fatalf("only %d examples: %v", len(dirs), dirs)
	}
	return dirs
}

// require adds what the examples of single resources leave to their reader.
func (w *world) require() {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.dir, "*.tf"))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range files {
		if strings.Contains(read(w.t, f), "required_providers") {
			return
		}
	}
	w.copy(examples + "/provider/provider.tf")
}

// seed makes the endpoint that the examples of data sources look at, and reads it until it is ready.
func (w *world) seed() {
	w.t.Helper()
	lo, hi := int64(980), int64(1960)
	body, err := json.Marshal(api.CreateEndpoint{Name: "chat", Config: &api.ConfigInput{ServedEntities: []api.ServedEntityInput{{
		Name: "llama", EntityName: "system.ai.llama_3_1_8b_instruct", EntityVersion: "3",
		EntitySettings: api.EntitySettings{MinProvisionedThroughput: &lo, MaxProvisionedThroughput: &hi},
	}}}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.request(http.MethodPost, api.PathEndpoints, body)
	for w.endpoint().Updating() {
		w.request(http.MethodGet, api.EndpointPath("chat"), nil)
	}
}

func (w *world) request(method, path string, body []byte) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		w.t.Fatalf("%s %s: %s", method, path, res.Status)
	}
}

// reimport forgets one resource and takes it back by the command of the docs.
func (w *world) reimport(script string) {
	w.t.Helper()
	for line := range strings.Lines(script) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		if len(fields) != 4 || fields[0] != "terraform" || fields[1] != "import" {
			w.t.Fatalf("import.sh: %q is no import of one resource", line)
		}
		w.must("state", "rm", fields[2])
		w.must("import", "-input=false", "-no-color", fields[2], fields[3])
		w.wantEmptyPlan()
	}
}
