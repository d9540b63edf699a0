package durability

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	command = "github.com/inference-iac/terraform-provider-inference/mockserver/cmd/mockserver"
	token   = "durable"
)

// plant replaces a line of a file of the server and adds what the new line needs. The zero value plants nothing.
type plant struct {
	file, line, by, also string
}

// build makes the server's binary, with a planted fault if there is one.
func build(t *testing.T, p plant) string {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "mockserver")
	args := []string{"build", "-ldflags", "-s -w", "-o", binary}
	if p.file != "" {
		args = append(args, "-overlay", p.overlay(t, dir))
	}
	if out, err := exec.Command("go", append(args, command)...).CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	return binary
}

// overlay writes the changed source and the file that tells the go command of it.
func (p plant) overlay(t *testing.T, dir string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", p.file))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(source), p.line, p.by, 1)
	if changed == string(source) {
		t.Fatalf("%s has no %q to plant a fault in", p.file, p.line)
	}
	changed += p.also
	planted := filepath.Join(dir, "planted.go")
	overlay := filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {path: planted}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{planted: []byte(changed), overlay: list} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return overlay
}

// process is a running server.
type process struct {
	cmd *exec.Cmd
	url string
}

// start runs the server on a data file and waits until it is ready.
func start(binary, data string) (*process, error) {
	p := &process{cmd: exec.Command(binary, "serve", "--token", token, "--data", data)}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var complaint strings.Builder
	p.cmd.Stderr = &complaint
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var ready struct {
		URL string `json:"url"`
	}
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		p.kill()
		return nil, fmt.Errorf("no ready line: %w: %s", err, complaint.String())
	}
	p.url = ready.URL
	return p, nil
}

// kill ends the process as a power switch would, as far as it is concerned.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	_ = p.cmd.Wait()         // killed
}
