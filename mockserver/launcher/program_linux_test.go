package launcher

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// parent launches an engine, says its process id, and waits to be killed.
func parent() {
	self, err := os.Executable()
	if err != nil {
		os.Exit(1)
	}
	c, changes := supervised(self)
	_ = os.Unsetenv("LAUNCHER_TEST_PARENT")
	p := Run(c)
	for p.Status().Phase != Ready {
		<-changes
	}
	fmt.Println(p.Status().PID)
	time.Sleep(time.Minute)
	os.Exit(1)
}

// An engine does not outlive whoever launched it, however that ended.
func TestEngineDiesWithItsLauncher(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "LAUNCHER_TEST_PARENT=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	pid, atoi := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || atoi != nil || gone(pid) {
		t.Errorf("no engine: %q %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait()
	if pid > 0 {
		waitGone(t, pid)
	}
}
