package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// The cores: one for whoever answers, one for whoever asks.
const (
	serverCore = "0"
	loadCore   = "1"
)

// pinned is a command bound to one core, as far as the machine lets it.
func pinned(ctx context.Context, core, path string, args ...string) *exec.Cmd {
	if taskset, err := exec.LookPath("taskset"); err == nil {
		path, args = taskset, append([]string{"-c", core, path}, args...)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// self is this program in one of its other roles.
func self(ctx context.Context, core, role string, in any) (*exec.Cmd, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	cmd := pinned(ctx, core, path, role)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(b), os.Stderr
	return cmd, nil
}

// process is a server in a process of its own.
type process struct {
	cmd   *exec.Cmd
	URL   string        `json:"url"`
	Token string        `json:"token"`
	ready time.Duration // from start to the ready line
}

// launch starts a command and waits for its ready line.
func launch(cmd *exec.Cmd) (*process, error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	p.ready = time.Since(began)
	if err == nil {
		err = json.Unmarshal(line, p)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("no ready line from %v: %w", cmd.Args, err), p.stop())
	}
	return p, nil
}

// startServer starts the mock server with the simulated backend.
func startServer(ctx context.Context, s settings) (*process, error) {
	return launch(pinned(ctx, serverCore, s.server, "serve", "--simulate"))
}

// stop ends the process; how it went does not matter any more.
func (p *process) stop() error {
	err := p.cmd.Process.Kill()
	_ = p.cmd.Wait() // killed
	return err
}

// cpu is the processor time that the process has used; 0 where the machine does not tell.
func (p *process) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), ") ") // the name may hold blanks
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	var ticks int
	for _, f := range fields[11:13] { // user and system
		n, _ := strconv.Atoi(f) // digits
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond // of which Linux counts a hundred a second
}

// resident is the resident memory in MB; false where the machine does not tell. A pinned process keeps its
// number: taskset replaces itself.
func (p *process) resident() (float64, bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kb / 1024, err == nil
		}
	}
	return 0, false
}
